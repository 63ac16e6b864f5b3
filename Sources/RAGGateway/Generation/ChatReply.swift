import FastJSON

/// One turn of a conversation with a language model.
struct ChatMessage: Sendable, Equatable {
  enum Role: String, Sendable {
    case system, user, assistant
  }

  let role: Role
  let content: String

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("role")
    writer.string(role.rawValue)
    writer.key("content")
    writer.string(content)
    writer.endObject()
  }
}

/// The first choice of a chat completion.
struct ChatReply: Sendable, Equatable {
  /// The text; empty when the model sent none.
  let content: String
  /// The model's words when it declined.
  let refusal: String?
  /// Whether the reply was cut off at the token limit.
  let isTruncated: Bool
  /// What the provider counted; `nil` when it does not say.
  let usage: Usage?

  /// Tokens of a completion.
  struct Usage: Sendable, Equatable {
    let prompt: Int
    let reply: Int

    /// Reads `usage` of a completion; `nil` when it is none.
    init?(_ json: JSONValue?) {
      guard let prompt = json?["prompt_tokens"]?.numberValue.flatMap({ Int(exactly: $0) }),
        let reply = json?["completion_tokens"]?.numberValue.flatMap({ Int(exactly: $0) })
      else { return nil }
      (self.prompt, self.reply) = (max(0, prompt), max(0, reply))
    }
  }

  /// A reply of these parts.
  init(content: String, refusal: String?, isTruncated: Bool, usage: Usage?) {
    self.content = content
    self.refusal = refusal
    self.isTruncated = isTruncated
    self.usage = usage
  }

  /// Reads a completion; `nil` when the body is none.
  init?(json: JSONValue?) {
    guard let choice = json?["choices"]?.arrayValue?.first, let message = choice["message"] else {
      return nil
    }
    let parts = message["content"]?.arrayValue?.compactMap { $0["text"]?.stringValue }
    content = message["content"]?.stringValue ?? parts?.joined() ?? ""
    refusal = message["refusal"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    isTruncated = choice["finish_reason"]?.stringValue == "length"
    usage = Usage(json?["usage"])
  }
}

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

  /// `response_format` of a request; `nil` without one.
  var format: String? {
    switch self {
    case .jsonSchema:
      """
      {"type":"json_schema","json_schema":\
      {"name":"insight","strict":true,"schema":\(InsightDraft.schema)}}
      """
    case .jsonObject: #"{"type":"json_object"}"#
    case .prompt: nil
    }
  }
}
