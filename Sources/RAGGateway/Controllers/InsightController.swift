import FastJSON
import HTTPTypes
import Hummingbird

/// `POST /insight/query` with its short form `POST /query`, and `POST /insight/search`.
struct InsightController: Sendable {
  let service: InsightService
  let stream: EventStream
  let limits: GatewayLimits

  func addRoutes(to router: Router<GatewayContext>) {
    for path in ["/insight/query", "/query"] {
      router.post(RouterPath(path)) { request, context in
        let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
        let question = try QuestionRequest(body, limits: limits)
        let accept = request.headers[.accept] ?? ""
        if question.isStreamed || accept.contains("text/event-stream") {
          return try streamed(question, for: context.caller)
        }
        let insight = try await service.insight(for: question, by: context.caller)
        return JSONResponse.make(insight.json)
      }
    }
    router.post("/insight/search") { request, context in
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let question = try QuestionRequest(body, limits: limits)
      let retrieval = try await service.search(question, for: context.caller)
      return JSONResponse.make(RetrievalJSON.body(of: retrieval))
    }
  }

  /// The events `retrieval`, `delta` as the summary is written, `insight`, `done`; or `error`.
  private func streamed(
    _ question: QuestionRequest, for caller: Caller
  ) throws(GatewayError) -> Response {
    try stream.response { [service] send in
      let listener = InsightService.Listener(
        found: { send(EventStream.event("retrieval", RetrievalJSON.body(of: $0))) },
        said: { text in
          let data = JSONValue.object(["text": .string(text)])
          send(EventStream.event("delta", data.serialized()))
        })
      do throws(GatewayError) {
        let insight = try await service.insight(for: question, by: caller, telling: listener)
        send(EventStream.event("insight", insight.json))
        send(EventStream.event("done", Array("{}".utf8)))
      } catch {
        var data: JSONObjectValue = [
          "detail": .string(error.message), "status": .integer(Int64(error.status)),
        ]
        if let wait = error.retryAfterSeconds { data["retry_after"] = .integer(Int64(wait)) }
        send(EventStream.event("error", JSONValue.object(data).serialized()))
      }
    }
  }
}

/// What was found for a question, with what spoke for each passage.
package enum RetrievalJSON {
  /// The response body.
  static func body(of retrieval: Retrieval) -> [UInt8] {
    value(of: retrieval).serialized()
  }

  /// The response body as a value.
  static func value(of retrieval: Retrieval) -> JSONValue {
    var members: JSONObjectValue = ["question": .string(retrieval.question)]
    switch retrieval.outcome {
    case .found: members["status"] = .string("found")
    case .nothingNear(let bar):
      members["status"] = .string("no_knowledge")
      members["notice"] = .string("No passage reached \(bar), the least that counts as near.")
    case .nothingStored(let collection):
      members["status"] = .string("no_knowledge")
      members["notice"] = .string("The collection `\(collection)` does not exist.")
    }
    members["lead"] = .double(Double(retrieval.lead))
    members["best"] = retrieval.best.map { signals($0.signals) } ?? .null
    members["passages"] = .array(retrieval.passages.enumerated().map(passage))
    return .object(members)
  }

  private static func passage(_ index: Int, _ chunk: RetrievedChunk) -> JSONValue {
    .object([
      "number": .integer(Int64(index + 1)), "chunk_id": .string(chunk.chunkID),
      "title": .string(chunk.title), "text": .string(chunk.text),
      "score": .double(Double(chunk.score)), "signals": signals(chunk.signals),
      "metadata": .object(chunk.metadata),
    ])
  }

  private static func signals(_ signals: RetrievalSignals) -> JSONValue {
    func number(_ value: Float?) -> JSONValue { value.map { .double(Double($0)) } ?? .null }
    return .object([
      "similarity": number(signals.similarity), "bm25": number(signals.lexical),
      "late_interaction": number(signals.lateInteraction), "rerank": number(signals.rerank),
      "order": number(signals.fused),
    ])
  }
}
