import PointModel

extension Unicode.Scalar {
  /// Whether this is no whitespace.
  var isNoBlank: Bool { !properties.isWhitespace }
}

extension String {
  /// Passes the longest runs of scalars that all are as wanted, in order.
  func forEachRun(
    where isPart: (Unicode.Scalar) -> Bool, _ pace: inout TextPace,
    _ take: (String, inout TextPace) -> Void
  ) {
    let scalars = unicodeScalars
    var start: String.Index?
    var index = scalars.startIndex
    while index < scalars.endIndex {
      guard pace.step() else { return }
      if isPart(scalars[index]) {
        if start == nil { start = index }
      } else if let first = start {
        take(String(scalars[first..<index]), &pace)
        start = nil
      }
      index = scalars.index(after: index)
    }
    if let start { take(String(scalars[start...]), &pace) }
  }
}
