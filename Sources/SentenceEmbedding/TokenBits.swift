import CEmbeddingKernels
import FoundationEssentials

/// The vectors of the tokens of a text, one bit a component: its sign. A row is a token.
public struct TokenBits: Sendable, Equatable {
  /// Components of a vector; a multiple of 8.
  public let dimension: Int
  /// `count` × `dimension / 8`, the first component in the lowest bit.
  public let bytes: [UInt8]

  /// Bytes of a token.
  private var stride: Int { dimension / 8 }

  /// Tokens.
  public var count: Int { stride == 0 ? 0 : bytes.count / stride }

  /// Bits of known layout; `nil` when they are no whole number of tokens.
  public init?(dimension: Int, bytes: [UInt8]) {
    guard dimension > 0, dimension.isMultiple(of: 8), bytes.count.isMultiple(of: dimension / 8)
    else { return nil }
    self.dimension = dimension
    self.bytes = bytes
  }

  /// The signs of vectors, one after another.
  public init?(dimension: Int, vectors: [Float]) {
    var bytes = [UInt8](repeating: 0, count: vectors.count / 8)
    for (index, value) in vectors.enumerated() where value > 0 {
      if index / 8 < bytes.count { bytes[index / 8] |= 1 << UInt8(index % 8) }
    }
    self.init(dimension: dimension, bytes: bytes)
  }

  /// Reads what `text` writes.
  public init?(text: String) {
    guard let colon = text.firstIndex(of: ":"), let dimension = Int(text[..<colon]),
      let data = Data(base64Encoded: String(text[text.index(after: colon)...]))
    else { return nil }
    self.init(dimension: dimension, bytes: Array(data))
  }

  /// The dimension, a colon and the bits in Base64.
  public var text: String { "\(dimension):\(Data(bytes).base64EncodedString())" }

  /// The tokens of a range of rows, cut to those that there are.
  public func rows(_ range: Range<Int>) -> TokenBits? {
    let kept = range.clamped(to: 0..<count)
    guard !kept.isEmpty else { return nil }
    return TokenBits(
      dimension: dimension,
      bytes: Array(bytes[(kept.lowerBound * stride)..<(kept.upperBound * stride)]))
  }

  /// For every vector of `question` (rows of `dimension` components, of length 1) the greatest
  /// similarity to a token here, about its cosine; empty when the sizes differ.
  public func bestMatches(of question: [Float]) -> [Float] {
    let rows = question.count / dimension
    guard rows > 0, count > 0, question.count.isMultiple(of: dimension) else { return [] }
    return [Float](unsafeUninitializedCapacity: rows) { buffer, initialized in
      embedding_best_bit_matches(question, rows, bytes, count, dimension, buffer.baseAddress)
      initialized = rows
    }
  }

  /// The mean over the question's tokens of the nearest token here; 0 without any.
  public func lateInteraction(with question: [Float]) -> Float {
    let best = bestMatches(of: question)
    return best.isEmpty ? 0 : best.reduce(0, +) / Float(best.count)
  }

  /// The direction of the mean of the tokens in a range: about what the model makes of their text.
  public func direction(of range: Range<Int>) -> [Float] {
    var sum = [Float](repeating: 0, count: dimension)
    for row in range.clamped(to: 0..<count) {
      for component in 0..<dimension {
        let byte = bytes[row * stride + component / 8]
        sum[component] += byte >> UInt8(component % 8) & 1 == 1 ? 1 : -1
      }
    }
    return sum
  }
}
