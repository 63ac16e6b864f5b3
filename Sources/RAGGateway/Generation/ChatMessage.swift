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
