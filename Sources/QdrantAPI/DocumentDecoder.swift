import FastJSON
import PointModel
import TextAnalysis

/// Reads what stands for a vector that a model is to make: a text, an image or another object with
/// a model's name.
///
/// The vector is made at once: the one model that there is here, `qdrant/bm25`, is a matter of
/// counting words.
enum DocumentDecoder {
  /// What a vector is made for.
  enum Purpose {
    case storing
    case searching
  }

  private static let kinds = ["text", "image", "object"]
  private static let modelNames: Set<String> = ["qdrant/bm25", "bm25"]

  /// Whether an object stands for a vector to be made.
  static func isDocument(_ field: FieldReader) -> Bool {
    guard let object = field.element.object, object["model"]?.kind == .string else { return false }
    return kinds.contains { object[$0] != nil }
  }

  /// The vector of a document.
  static func vector(
    _ field: FieldReader, for purpose: Purpose
  ) throws(DecodingFault) -> VectorValue {
    let name = try field.required("model") { name throws(DecodingFault) in try name.string() }
    guard modelNames.contains(name.lowercased()) else {
      throw .badRequest(
        "model `\(name)` is not available. Vectors can be made of texts, by `qdrant/bm25`; "
          + "those of other models are made by the client")
    }
    guard let text = field.element.object?["text"]?.string else {
      throw .wrongInput("Only text input is supported for \(name).")
    }
    let parameters = try parameters(field)
    if let problem = parameters.problem { throw .wrongInput(problem) }
    let model = BM25Models.shared.model(parameters)
    let isGivenUp = DecodingWork.isGivenUp
    return switch purpose {
    case .storing: .sparse(model.documentVector(text) { !isGivenUp() })
    case .searching: .sparse(model.queryVector(text) { !isGivenUp() })
    }
  }

  private static func parameters(_ field: FieldReader) throws(DecodingFault) -> BM25Parameters {
    guard let options = field["options"] else { return BM25Parameters() }
    do throws(DecodingFault) {
      try options.requireObject()
      let standard = BM25Parameters()
      let language = try options.optional("language") { name throws(DecodingFault) in
        try name.string()
      }
      return BM25Parameters(
        saturation: try number("k", of: options) ?? standard.saturation,
        lengthPenalty: try number("b", of: options) ?? standard.lengthPenalty,
        averageLength: try number("avg_len", of: options) ?? standard.averageLength,
        text: try TextIndexDecoder.params(options, IndexPlacement()),
        language: language ?? "english")
    } catch {
      throw .wrongInput("Invalid BM25 config: \(error.located)")
    }
  }

  private static func number(
    _ key: String, of options: FieldReader
  ) throws(DecodingFault) -> Double? {
    try options.optional(key) { value throws(DecodingFault) in try value.double() }
  }
}
