import FastJSON
import HTTPTransfer
import Synchronization

/// A provider's `/chat/completions`, at once or streamed.
struct ChatEndpoint: Sendable {
  /// A provider that would not answer.
  struct Rejection: Error {
    /// What the caller is told.
    let reason: GatewayError
    /// Whether the complaint is about `response_format`, not about what was asked.
    let isAboutFormat: Bool

    init(_ reason: GatewayError, isAboutFormat: Bool = false) {
      self.reason = reason
      self.isAboutFormat = isAboutFormat
    }
  }

  let endpoint: JSONEndpoint
  let model: String
  let temperature: Double?
  let figures: GatewayFigures

  /// Characters that are told of a provider's complaint.
  private static let complaintCharactersMax = 300
  /// Words of complaints about the way of asking.
  private static let formatWords = [
    "response_format", "response format", "json_schema", "json_object", "json schema",
    "structured output", "guided", "grammar",
  ]

  /// The reply to messages.
  func complete(
    _ messages: [ChatMessage], format: String?
  ) async throws(GatewayError) -> ChatReply {
    do {
      return try await attempt(messages, format: format, saying: nil)
    } catch {
      throw error.reason
    }
  }

  /// The reply to messages; with `say` it is streamed, and handed on piece by piece.
  func attempt(
    _ messages: [ChatMessage], format: String?, saying say: (@Sendable (String) -> Void)?
  ) async throws(Rejection) -> ChatReply {
    let start = ContinuousClock.now
    let reply = try await reply(messages, format: format, saying: say)
    let usage = reply.usage
    figures.countCompletion(
      seconds: (ContinuousClock.now - start) / .seconds(1),
      prompt: usage?.prompt ?? messages.reduce(0) { $0 + TokenEstimate.of($1.content) },
      reply: usage?.reply ?? TokenEstimate.of(reply.content))
    return reply
  }

  private func reply(
    _ messages: [ChatMessage], format: String?, saying say: (@Sendable (String) -> Void)?
  ) async throws(Rejection) -> ChatReply {
    let body = body(messages, format: format, isStreamed: say != nil)
    let stream = say.map { ChatStream(say: $0) }
    let reply: EndpointReply
    do {
      if let stream {
        reply = try await endpoint.stream(.post, "/chat/completions", body: body) {
          stream.take($0)
        }
      } else {
        reply = try await endpoint.send(.post, "/chat/completions", body: body)
      }
    } catch {
      throw Rejection(
        error.isUnreachable
          ? .generationUnreachable(error.message) : .generationFailed(error.message))
    }
    guard reply.isSuccess else { throw rejection(reply) }
    if let stream, let streamed = stream.reply { return streamed }
    let whole = stream?.whole ?? reply.json
    if let chat = ChatReply(json: whole) { return chat }
    let complaint = stream?.complaint ?? whole?["error"]?["message"]?.stringValue
    throw Rejection(
      .generationFailed(
        "the reply of \(model) is no chat completion"
          + (complaint.map { ": " + $0.collapsed.prefix(Self.complaintCharactersMax) } ?? "")
      ))
  }

  private func rejection(_ reply: EndpointReply) -> Rejection {
    if reply.status == 429 || (reply.status == 503 && reply.retryAfter != nil) {
      let wait = Int((reply.retryAfter ?? 5).rounded(.up))
      return Rejection(.providerBusy(reply.complaint, retryAfterSeconds: max(1, wait)))
    }
    let complaint = reply.reason.lowercased()
    let isAboutFormat =
      [400, 404, 422, 501].contains(reply.status)
      && Self.formatWords.contains { complaint.contains($0) }
    return Rejection(.generationFailed(reply.complaint), isAboutFormat: isAboutFormat)
  }

  private func body(_ messages: [ChatMessage], format: String?, isStreamed: Bool) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("model")
    writer.string(model)
    if let temperature {
      writer.key("temperature")
      writer.double(temperature)
    }
    writer.key("messages")
    writer.beginArray()
    for message in messages { message.write(to: &writer) }
    writer.endArray()
    if let format {
      writer.key("response_format")
      writer.rawValue(format.utf8)
    }
    if isStreamed {
      writer.key("stream")
      writer.bool(true)
    }
    writer.endObject()
    return writer.bytes
  }
}

/// Puts a streamed completion together from the lines of server-sent events, as the bytes come.
package final class ChatStream: Sendable {
  private struct State {
    var lines = LineSplitter()
    var content = ""
    var refusal = ""
    var isTruncated = false
    var usage: ChatReply.Usage?
    var events = 0
    var complaint: String?
    var other: [UInt8] = []
  }

  private let state = Mutex(State())
  private let say: @Sendable (String) -> Void

  /// A stream whose pieces of content go to `say`.
  package init(say: @escaping @Sendable (String) -> Void) {
    self.say = say
  }

  /// Takes the next bytes; always wants more.
  package func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let said = state.withLock { state in
      state.lines.take(bytes).compactMap { Self.read($0, into: &state) }
    }
    for piece in said { say(piece) }
    return true
  }

  /// The whole reply; `nil` when there were no events.
  package var reply: ChatReply? {
    state.withLock { state in
      guard state.events > 0 else { return nil }
      return ChatReply(
        content: state.content, refusal: state.refusal.isEmpty ? nil : state.refusal,
        isTruncated: state.isTruncated, usage: state.usage)
    }
  }

  /// What the provider said went wrong after it had begun to answer.
  var complaint: String? { state.withLock { $0.complaint } }

  /// The body of a provider that does not stream.
  var whole: JSONValue? {
    state.withLock { try? JSONValue(parsing: $0.other + $0.lines.pending) }
  }

  private static func read(_ line: [UInt8], into state: inout State) -> String? {
    let prefix = Array("data:".utf8)
    guard line.starts(with: prefix) else {
      state.other += line
      return nil
    }
    let value = try? JSONValue(parsing: Array(line.dropFirst(prefix.count)))
    if let usage = ChatReply.Usage(value?["usage"]) { state.usage = usage }
    if let complaint = value?["error"]?["message"]?.stringValue { state.complaint = complaint }
    guard let choice = value?["choices"]?.arrayValue?.first else { return nil }
    state.events += 1
    if choice["finish_reason"]?.stringValue == "length" { state.isTruncated = true }
    if let refusal = choice["delta"]?["refusal"]?.stringValue { state.refusal += refusal }
    guard let piece = choice["delta"]?["content"]?.stringValue, !piece.isEmpty else { return nil }
    state.content += piece
    return piece
  }
}

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
package struct ChatReply: Sendable, Equatable {
  /// The text; empty when the model sent none.
  package let content: String
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
