import FastJSON
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// The part of OpenAI's interface that chat programs need: `POST /v1/chat/completions`,
/// `POST /v1/embeddings` and `GET /v1/models`. The model is what the gateway answers with.
struct ChatController: Sendable {
  let service: InsightService
  let embedder: any Embedder
  let stream: EventStream
  let limits: GatewayLimits

  /// The name of the gateway among models.
  static let model = "quiver"

  func addRoutes(to router: Router<GatewayContext>) {
    router.get("/v1/models") { _, _ in
      let data = try await models().map { Self.entry($0) }
      return JSONResponse.make(
        JSONValue.object(["object": .string("list"), "data": .array(data)]).serialized())
    }
    router.get("/v1/models/:name") { _, context in
      let name = try context.parameters.require("name")
      guard try await models().contains(name) else {
        throw HTTPError(.notFound, message: "There is no model `\(name)`")
      }
      return JSONResponse.make(Self.entry(name).serialized())
    }
    router.post("/v1/embeddings") { request, _ in
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      return JSONResponse.make(try await embeddings(body).serialized())
    }
    router.post("/v1/chat/completions") { request, context in
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let chat = try ChatRequest(body, limits: limits)
      if chat.question.isStreamed == true { return try streamed(chat, for: context.caller) }
      let insight = try await service.insight(for: chat.question, by: context.caller)
      return JSONResponse.make(Completion(chat).whole(insight).serialized())
    }
  }

  private func models() async throws(GatewayError) -> [String] {
    [Self.model, try await embedder.identity().model]
  }

  private static func entry(_ id: String) -> JSONValue {
    .object([
      "id": .string(id), "object": .string("model"), "created": .integer(0),
      "owned_by": .string("quiver-gateway"),
    ])
  }

  private func streamed(
    _ chat: ChatRequest, for caller: Caller
  ) throws(GatewayError) -> Response {
    let completion = Completion(chat)
    return try stream.response { [service] send in
      @Sendable func write(_ value: JSONValue) {
        send("data: \(String(decoding: value.serialized(), as: UTF8.self))\n\n")
      }
      write(completion.piece(["role": .string("assistant"), "content": .string("")]))
      let said = Mutex("")
      let listener = InsightService.Listener(said: { text in
        said.withLock { $0 += text }
        write(completion.piece(["content": .string(text)]))
      })
      do throws(GatewayError) {
        let insight = try await service.insight(for: chat.question, by: caller, telling: listener)
        // What was said while it was written is not always what the answer came to.
        let rest =
          SaidAnswer.rest(of: insight.answer.summary, after: said.withLock { $0 })
          + Completion.sources(insight)
        if !rest.isEmpty { write(completion.piece(["content": .string(rest)])) }
        write(completion.piece([:], isLast: true))
        if chat.asksForUsage { write(completion.usage(insight)) }
      } catch {
        write(
          .object([
            "error": .object([
              "message": .string(error.message), "type": .string("server_error"),
              "code": .integer(Int64(error.status)),
            ])
          ]))
      }
      send("data: [DONE]\n\n")
    }
  }

  private func embeddings(_ body: [UInt8]) async throws(GatewayError) -> JSONValue {
    let request = try EmbeddingsRequest(body, limits: limits)
    let own = try await embedder.identity()
    guard request.isAnswered(by: own.dimension) else {
      throw .badRequest("`dimensions` is \(own.dimension): vectors are not shortened here")
    }
    let vectors = try await embedder.embed(request.texts)
    let tokens = request.texts.reduce(0) { $0 + embedder.length(of: $1) }
    let data = vectors.enumerated().map { index, vector -> JSONValue in
      .object([
        "object": .string("embedding"), "index": .integer(Int64(index)),
        "embedding": request.isBase64
          ? .string(Self.base64(vector)) : .array(vector.map { .double(Double($0)) }),
      ])
    }
    let usage: JSONObjectValue = [
      "prompt_tokens": .integer(Int64(tokens)), "total_tokens": .integer(Int64(tokens)),
    ]
    return .object([
      "object": .string("list"), "model": .string(own.model), "data": .array(data),
      "usage": .object(usage),
    ])
  }

  /// The components as 32-bit floats, the lowest byte first, as clients expect them.
  private static func base64(_ vector: [Float]) -> String {
    let bytes = vector.flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    return Data(bytes).base64EncodedString()
  }
}

/// Writes insights as chat completions, with what they rely on behind the text.
struct Completion: Sendable {
  private let model: String
  private let question: String
  private let id: String
  private let created: Int64

  init(_ chat: ChatRequest) {
    model = chat.model
    question = chat.question.question
    id = "chatcmpl-\(UInt64.random(in: .min ... .max))"
    created = Int64(Date().timeIntervalSince1970)
  }

  /// The passages that the summary names, one a line.
  static func sources(_ insight: Insight) -> String {
    var lines: [String] = []
    for citation in insight.answer.citations {
      let title = insight.retrieved.first { $0.chunkID == citation.chunkID }?.title ?? ""
      let line = "[\(citation.number)] \(title.isEmpty ? citation.chunkID : title)"
      if !lines.contains(line) { lines.append(line) }
    }
    return lines.isEmpty ? "" : "\n\nSources:\n" + lines.joined(separator: "\n")
  }

  func whole(_ insight: Insight) -> JSONValue {
    let message: JSONObjectValue = [
      "role": .string("assistant"),
      "content": .string(insight.answer.summary + Self.sources(insight)), "refusal": .null,
    ]
    return .object([
      "id": .string(id), "object": .string("chat.completion"), "created": .integer(created),
      "model": .string(model),
      "choices": .array([
        .object([
          "index": .integer(0), "message": .object(message), "finish_reason": .string("stop"),
          "logprobs": .null,
        ])
      ]),
      "usage": tokens(insight),
      "insight": (try? JSONValue(parsing: insight.json)) ?? .null,
    ])
  }

  /// The tokens of question, passages and answer, estimated: who answers may count otherwise.
  private func tokens(_ insight: Insight) -> JSONValue {
    let prompt = insight.retrieved.reduce(TokenEstimate.of(question)) {
      $0 + TokenEstimate.of($1.text)
    }
    let reply = TokenEstimate.of(insight.answer.summary)
    return .object([
      "prompt_tokens": .integer(Int64(prompt)), "completion_tokens": .integer(Int64(reply)),
      "total_tokens": .integer(Int64(prompt + reply)),
    ])
  }

  /// What ends a stream whose reader wants to know: no choice, and the tokens.
  func usage(_ insight: Insight) -> JSONValue {
    .object([
      "id": .string(id), "object": .string("chat.completion.chunk"), "created": .integer(created),
      "model": .string(model), "choices": .array([]), "usage": tokens(insight),
    ])
  }

  func piece(_ delta: JSONObjectValue, isLast: Bool = false) -> JSONValue {
    .object([
      "id": .string(id), "object": .string("chat.completion.chunk"), "created": .integer(created),
      "model": .string(model),
      "choices": .array([
        .object([
          "index": .integer(0), "delta": .object(delta),
          "finish_reason": isLast ? .string("stop") : .null, "logprobs": .null,
        ])
      ]),
    ])
  }
}
