import FastJSON

/// The first choice of a chat completion.
struct ChatReply: Sendable, Equatable {
  /// The text; empty when the model sent none.
  let content: String
  /// The model's words when it declined.
  let refusal: String?
  /// Whether the reply was cut off at the token limit.
  let isTruncated: Bool

  /// Reads a completion; `nil` when the body is none.
  init?(json: JSONValue?) {
    guard let choice = json?["choices"]?.arrayValue?.first, let message = choice["message"] else {
      return nil
    }
    let parts = message["content"]?.arrayValue?.compactMap { $0["text"]?.stringValue }
    content = message["content"]?.stringValue ?? parts?.joined() ?? ""
    refusal = message["refusal"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    isTruncated = choice["finish_reason"]?.stringValue == "length"
  }
}
