public import PointModel

/// Turns texts into sparse vectors whose dot product, once the query's weights are multiplied by
/// how rare each token is, is the BM25 score (Robertson and Zaragoza, 2009, equation 3.15).
///
/// A token's dimension is a hash of it, the same as in Qdrant, so that vectors made there match.
/// Making a model costs more than using it. Safe to use from any task.
public struct BM25Model: Sendable {
  private let parameters: BM25Parameters
  private let analyzer: TextAnalyzer

  /// A model with parameters that have no ``BM25Parameters/problem``.
  public init(_ parameters: BM25Parameters) {
    self.parameters = parameters
    self.analyzer = TextAnalyzer(parameters.text)
  }

  /// The vector of a text that is stored: a weight for each of its tokens, by ascending dimension.
  ///
  /// - Parameter goesOn: asked after every few thousand characters; `false` ends it, and the vector
  ///   is of what was read until then.
  public func documentVector(
    _ text: String, while goesOn: @escaping () -> Bool = { true }
  ) -> SparseVector {
    var counts: [UInt32: Double] = [:]
    var tokenCount = 0
    analyzer.forEachDocumentToken(of: text, while: goesOn) { token in
      tokenCount += 1
      counts[Self.dimension(of: token), default: 0] += 1
    }
    let relativeLength = Double(tokenCount) / parameters.averageLength
    let penalty = 1 - parameters.lengthPenalty + parameters.lengthPenalty * relativeLength
    return Self.vector(counts) { count in
      let weight =
        count * (parameters.saturation + 1)
        / count.addingProduct(parameters.saturation, penalty)
      return Float(weight)
    }
  }

  /// The vector of a text that is searched for: 1 for each of its tokens, by ascending dimension.
  ///
  /// - Parameter goesOn: as of ``documentVector(_:while:)``.
  public func queryVector(
    _ text: String, while goesOn: @escaping () -> Bool = { true }
  ) -> SparseVector {
    var counts: [UInt32: Double] = [:]
    analyzer.forEachQueryToken(of: text, while: goesOn) { counts[Self.dimension(of: $0)] = 1 }
    return Self.vector(counts) { _ in 1 }
  }

  private static func vector(
    _ counts: [UInt32: Double], weight: (Double) -> Float
  ) -> SparseVector {
    let indices = counts.keys.sorted()
    let values = indices.map { weight(counts[$0] ?? 0) }
    guard let vector = SparseVector(indices: indices, values: values) else {
      preconditionFailure("the keys of a dictionary are not unique")
    }
    return vector
  }

  /// The hash of a token, as a signed number without its sign.
  private static func dimension(of token: String) -> UInt32 {
    var token = token
    return token.withUTF8 { Int32(bitPattern: MurmurHash3.hash($0)).magnitude }
  }
}
