/// Nearness of two vectors.
enum Similarity {
  /// The cosine of the angle between two vectors of one length; 0 when either is zero.
  static func cosine(_ left: [Float], _ right: [Float]) -> Float {
    var product: Float = 0
    var leftSquare: Float = 0
    var rightSquare: Float = 0
    for (a, b) in zip(left, right) {
      product += a * b
      leftSquare += a * a
      rightSquare += b * b
    }
    let length = (leftSquare * rightSquare).squareRoot()
    return length > 0 ? product / length : 0
  }
}
