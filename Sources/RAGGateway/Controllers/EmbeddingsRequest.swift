import FastJSON

/// Texts whose vectors are asked for.
package struct EmbeddingsRequest: Sendable {
  let texts: [String]
  /// Whether vectors are wanted as the text of their bytes.
  let isBase64: Bool
  private let dimensions: JSONValue

  /// Reads a body.
  ///
  /// - Throws: what is wrong with it.
  package init(_ body: [UInt8], limits: GatewayLimits) throws(GatewayError) {
    let root = try RequestBody.object(body)
    switch root["input"] {
    case .string(let text): texts = [text]
    case .array(let elements):
      texts = elements.compactMap(\.stringValue)
      guard texts.count == elements.count else {
        throw .badRequest("`input` must be a text or a list of texts; token numbers are not read")
      }
    default: throw .badRequest("`input` must be a text or a list of texts")
    }
    guard !texts.isEmpty, texts.allSatisfy({ !$0.trimmed.isEmpty }) else {
      throw .badRequest("`input` holds a text without a word, or none at all")
    }
    guard texts.count <= limits.chunksPerUpload else {
      throw .tooLarge("\(texts.count) texts are more than \(limits.chunksPerUpload)")
    }
    let format = root["encoding_format"] ?? .null
    guard [.null, .string("float"), .string("base64")].contains(format) else {
      throw .badRequest("`encoding_format` is `float` or `base64`")
    }
    isBase64 = format == .string("base64")
    dimensions = root["dimensions"] ?? .null
  }

  /// Whether vectors of so many numbers are what is asked for.
  package func isAnswered(by dimension: Int) -> Bool {
    dimensions == .null || dimensions.numberValue == Double(dimension)
  }
}
