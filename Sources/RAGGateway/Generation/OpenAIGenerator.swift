import FastJSON
package import HTTPTransfer
package import Logging
import Synchronization

/// Asks a language model behind any OpenAI-compatible `/chat/completions`.
///
/// The reply is asked for by JSON schema; a provider that rejects the way it is asked for is asked
/// the next weaker way, and what worked is remembered. Every reply is validated here; one that
/// fails gets one repair turn.
public final class OpenAIGenerator: AnswerGenerator {
  private let endpoint: JSONEndpoint
  private let model: String
  private let temperature: Double?
  private let prompt: InsightPrompt
  private let limits: GatewayLimits
  private let logger: Logger
  private let forcedMode: StructuredMode?
  private let rememberedMode: Mutex<StructuredMode>

  /// A generator for `model`. With `mode` there is one way to ask and no ladder.
  package init(
    endpoint: JSONEndpoint, model: String, temperature: Double?, prompt: InsightPrompt,
    mode: StructuredMode?, limits: GatewayLimits = .init(), logger: Logger
  ) {
    self.endpoint = endpoint
    self.model = model
    self.temperature = temperature
    self.prompt = prompt
    self.limits = limits
    self.logger = logger
    forcedMode = mode
    rememberedMode = Mutex(mode ?? .jsonSchema)
  }

  /// The way of asking that is known to work or tried next.
  package var mode: StructuredMode { rememberedMode.withLock { $0 } }

  /// The model's answer, its references checked against the passages.
  public func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
    let values: [PromptTemplate.Variable: String] = [
      .question: request.question,
      .context: PassageContext.text(of: request.chunks, limit: limits.contextCharacters),
      .formatInstruction: InsightDraft.instruction,
    ]
    let messages = [
      ChatMessage(role: .system, content: prompt.system.render(values)),
      ChatMessage(role: .user, content: prompt.human.render(values)),
    ]
    let draft = try await draft(for: messages)
    let scan = CitationScan(draft.summary, passages: request.chunks.count)
    let citations = scan.numbers.map { number in
      let chunk = request.chunks[number - 1]
      return Citation(number: number, chunkID: chunk.chunkID, quote: nil, score: chunk.score)
    }
    return Answer(
      title: draft.title, summary: scan.summary, confidence: draft.confidence,
      citations: citations, generator: GeneratorNote(provider: "openai", model: model))
  }

  private func draft(for messages: [ChatMessage]) async throws(GatewayError) -> InsightDraft {
    let first = try await complete(messages)
    let problem: InsightDraft.Problem
    do {
      return try InsightDraft(reply: first.content)
    } catch {
      problem = error
    }
    logger.info("repairing a reply", metadata: ["problem": "\(problem.message)"])
    var repair = messages
    if !first.content.isEmpty {
      repair.append(ChatMessage(role: .assistant, content: String(first.content.prefix(8_000))))
    }
    repair.append(
      ChatMessage(
        role: .user,
        content: "That reply can't be used: \(problem.message)"
          + (first.isTruncated ? "; it was cut off, so be shorter" : "")
          + ". \(InsightDraft.instruction)"))
    let second = try await complete(repair)
    do {
      return try InsightDraft(reply: second.content)
    } catch {
      throw .generationFailed("the reply of \(model) is unusable after a repair: \(error.message)")
    }
  }

  /// One completion, going down the ladder while the provider rejects the way it is asked.
  private func complete(_ messages: [ChatMessage]) async throws(GatewayError) -> ChatReply {
    var mode = mode
    while true {
      let reply = try await send(messages, mode: mode)
      if reply.isSuccess {
        let worked = mode
        rememberedMode.withLock { $0 = worked }
        return try read(reply)
      }
      let isRejection = reply.status == 400 || reply.status == 422 || reply.status == 501
      guard isRejection, forcedMode == nil, let weaker = mode.weaker else {
        throw .generationFailed(reply.complaint)
      }
      logger.info(
        "asking a weaker way",
        metadata: ["rejected": "\(mode.rawValue)", "reason": "\(reply.complaint)"])
      mode = weaker
    }
  }

  private func read(_ reply: EndpointReply) throws(GatewayError) -> ChatReply {
    guard let chat = ChatReply(json: reply.json) else {
      throw .generationFailed("the reply of \(model) is no chat completion")
    }
    if let refusal = chat.refusal {
      throw .generationFailed("\(model) refused: \(String(refusal.collapsed.prefix(200)))")
    }
    return chat
  }

  private func send(
    _ messages: [ChatMessage], mode: StructuredMode
  ) async throws(GatewayError) -> EndpointReply {
    do {
      return try await endpoint.send(.post, "/chat/completions", body: body(messages, mode: mode))
    } catch {
      throw error.isUnreachable
        ? .generationUnreachable(error.message) : .generationFailed(error.message)
    }
  }

  private func body(_ messages: [ChatMessage], mode: StructuredMode) -> [UInt8] {
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
    switch mode {
    case .jsonSchema:
      writer.key("response_format")
      writer.rawValue(
        """
        {"type":"json_schema","json_schema":\
        {"name":"insight","strict":true,"schema":\(InsightDraft.schema)}}
        """.utf8)
    case .jsonObject:
      writer.key("response_format")
      writer.rawValue(#"{"type":"json_object"}"#.utf8)
    case .prompt: break
    }
    writer.endObject()
    return writer.bytes
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

/// The passages of a question as a language model sees them.
enum PassageContext {
  /// The passages numbered from 1, as many as fit into `limit` characters. The first is always
  /// there, cut off if it must be.
  static func text(of chunks: [RetrievedChunk], limit: Int) -> String {
    var text = ""
    var left = limit
    for (position, chunk) in chunks.enumerated() {
      let title = chunk.title.isEmpty ? "" : " \(chunk.title)"
      let passage = "[\(position + 1)]\(title)\n\(chunk.text.trimmed)\n"
      if passage.count > left {
        if position == 0 { text = String(passage.prefix(limit)) }
        break
      }
      text += position == 0 ? passage : "\n" + passage
      left -= passage.count + 1
    }
    return text
  }
}
