import FastJSON
import HTTPTypes
import Hummingbird
package import PointModel

/// `POST /insight/query` with its short form `POST /query`, and `POST /insight/search`.
struct InsightController: Sendable {
  let service: InsightService
  let stream: EventStream
  let limits: GatewayLimits

  func addRoutes(to router: Router<GatewayContext>) {
    for path in ["/insight/query", "/query"] {
      router.post(RouterPath(path)) { request, context in
        try RequestBody.requireParameters(of: request)
        let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
        let question = try QuestionRequest(body, limits: limits)
        let accept = request.headers[.accept] ?? ""
        if question.isStreamed ?? accept.contains("text/event-stream") {
          return try streamed(question, for: context.caller)
        }
        let insight = try await service.insight(for: question, by: context.caller)
        return JSONResponse.make(insight.json)
      }
    }
    router.post("/insight/search") { request, context in
      try RequestBody.requireParameters(of: request)
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let question = try QuestionRequest(body, limits: limits)
      guard question.isStreamed != true else {
        throw GatewayError.unprocessable([
          FieldProblem(
            location: [.name("body"), .name("stream")],
            message: "What is found comes as a whole, and is not streamed", type: "value_error")
        ])
      }
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

/// A question with all that it may say about how it is to be answered.
package struct QuestionRequest: Sendable, Equatable {
  /// The question as it was asked.
  package var question: String
  /// Passages to retrieve; `nil` leaves it to the settings.
  package var limit: Int?
  /// What passages have to pass.
  package var filter: Filter?
  /// Whether the answer is streamed; `nil` leaves it to what the client accepts.
  package var isStreamed: Bool?
  /// What was said before.
  package var history: [ConversationTurn] = []

  /// A question by itself.
  package init(question: String) {
    self.question = question
  }

  private static let members = ["question", "k", "filter", "stream", "history"]

  /// Reads `{"question": …}` with `k`, `filter`, `stream` and `history` where given. Any other
  /// member is a problem: a caller who asks for something that is not known must not be answered as
  /// if nothing had been asked.
  package init(_ body: [UInt8], limits: GatewayLimits) throws(GatewayError) {
    let root = try RequestBody.object(body)
    var problems: [FieldProblem] = []
    question = Self.question(root["question"], limits, &problems) ?? ""
    limit = Self.limit(root["k"], limits, &problems)
    filter = Self.filter(root["filter"], &problems)
    switch root["stream"] {
    case nil, .null: break
    case .bool(let flag): isStreamed = flag
    default:
      problems.append(
        FieldProblem(
          location: [.name("body"), .name("stream")], message: "Input should be a valid boolean",
          type: "bool_type"))
    }
    history = Self.history(root["history"], limits, &problems)
    problems += RequestBody.unexpected(in: root, besides: Self.members, at: [.name("body")])
    guard problems.isEmpty else { throw .unprocessable(problems) }
  }

  /// A question of text that may be empty or too long; `nil` with a problem.
  static func question(
    _ value: JSONValue?, _ limits: GatewayLimits, _ problems: inout [FieldProblem]
  ) -> String? {
    let place: [FieldProblem.Step] = [.name("body"), .name("question")]
    switch value {
    case nil: problems.append(.missing(place))
    case .string(let question):
      if question.isBlank {
        problems.append(
          FieldProblem(
            location: place, message: "String should have at least 1 character",
            type: "string_too_short"))
      } else if question.count > limits.questionCharacters {
        problems.append(
          FieldProblem(
            location: place,
            message: "String should have at most \(limits.questionCharacters) characters",
            type: "string_too_long"))
      } else {
        return question
      }
    default: problems.append(.notString(place))
    }
    return nil
  }

  private static func limit(
    _ value: JSONValue?, _ limits: GatewayLimits, _ problems: inout [FieldProblem]
  ) -> Int? {
    guard let value, value != .null else { return nil }
    if let number = value.numberValue.flatMap({ Int(exactly: $0) }),
      (1...limits.retrieved).contains(number)
    {
      return number
    }
    problems.append(
      FieldProblem(
        location: [.name("body"), .name("k")],
        message: "Input should be a whole number from 1 to \(limits.retrieved)",
        type: "int_range"))
    return nil
  }

  /// A filter in Qdrant's form.
  static func filter(_ value: JSONValue?, _ problems: inout [FieldProblem]) -> Filter? {
    guard let value, value != .null else { return nil }
    do throws(GatewayError) {
      return try FilterBody.filter(value)
    } catch {
      problems.append(
        FieldProblem(
          location: [.name("body"), .name("filter")], message: error.message,
          type: "filter_invalid"))
      return nil
    }
  }

  private static func history(
    _ value: JSONValue?, _ limits: GatewayLimits, _ problems: inout [FieldProblem]
  ) -> [ConversationTurn] {
    guard let value, value != .null else { return [] }
    let place: [FieldProblem.Step] = [.name("body"), .name("history")]
    guard let elements = value.arrayValue else {
      problems.append(.notList(place))
      return []
    }
    var turns: [ConversationTurn] = []
    for (index, element) in elements.enumerated() {
      guard
        let role = element["role"]?.stringValue.flatMap({ ConversationTurn.Role(rawValue: $0) }),
        let content = element["content"]?.stringValue
      else {
        problems.append(
          FieldProblem(
            location: place + [.index(index)],
            message: "Input should have a `role`, `user` or `assistant`, and a string `content`",
            type: "turn_invalid"))
        return []
      }
      turns.append(ConversationTurn(role: role, content: content))
      problems += RequestBody.unexpected(
        in: element.objectValue ?? .init(), besides: ["role", "content"],
        at: place + [.index(index)])
    }
    guard turns.count <= limits.historyTurns,
      turns.reduce(0, { $0 + $1.content.count }) <= limits.historyCharacters
    else {
      problems.append(
        FieldProblem(
          location: place,
          message: "A conversation may have at most \(limits.historyTurns) turns of together "
            + "\(limits.historyCharacters) characters", type: "too_long"))
      return []
    }
    return turns
  }
}
