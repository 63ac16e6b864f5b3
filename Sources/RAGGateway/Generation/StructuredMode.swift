/// How a language model is asked to reply in JSON, the strictest way first.
public enum StructuredMode: String, Sendable, CaseIterable {
  /// `response_format` with a strict schema.
  case jsonSchema = "json_schema"
  /// `response_format` that asks for any object; the schema stands in the prompt.
  case jsonObject = "json_object"
  /// The prompt alone.
  case prompt

  /// The next way to try when a provider rejects this one.
  var weaker: StructuredMode? {
    switch self {
    case .jsonSchema: .jsonObject
    case .jsonObject: .prompt
    case .prompt: nil
    }
  }
}
