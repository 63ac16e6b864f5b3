import FastJSON
import HTTPTypes
import Hummingbird
import PointModel
import QdrantAPI
import Synchronization

/// `POST`, `GET` and `DELETE /upload/chunks`, `POST /upload/files`, and `GET /documents`.
struct UploadController: Sendable {
  let uploads: UploadService
  let documents: DocumentService
  let files: FileService
  let stream: EventStream
  let limits: GatewayLimits
  let idempotency: IdempotencyKeys
  private let filesInFlight = InFlight()

  init(
    uploads: UploadService, documents: DocumentService, stream: EventStream, limits: GatewayLimits
  ) {
    self.uploads = uploads
    self.documents = documents
    files = FileService(uploads: uploads, documents: documents, limits: limits)
    self.stream = stream
    self.limits = limits
    idempotency = IdempotencyKeys(count: limits.idempotencyKeys, age: limits.idempotencyAge)
  }

  func addRoutes(to router: Router<GatewayContext>) {
    router.post("/upload/chunks") { request, context in
      try context.caller.requireWriting()
      try RequestBody.requireParameters(of: request)
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let answer = try await idempotency.answer(request, context.caller, body) {
        () async throws(GatewayError) in
        try await uploads.upload(RequestBody.chunks(body), tenant: context.caller.tenant).json
      }
      return JSONResponse.make(answer)
    }
    router.delete("/upload/chunks") { request, context in
      try context.caller.requireWriting()
      try RequestBody.requireParameters(of: request)
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let answer = try await idempotency.answer(request, context.caller, body) {
        () async throws(GatewayError) in
        let selection = try DeletionRequest.selection(body)
        let deleted = try await documents.delete(selection, by: context.caller)
        return JSONValue.object(["deleted": .integer(Int64(deleted))]).serialized()
      }
      return JSONResponse.make(answer)
    }
    router.post("/upload/files") { request, context in
      try context.caller.requireWriting()
      return try await bringIn(request, context.caller)
    }
    router.get("/upload/chunks") { request, context in
      try await list(request, context.caller)
    }
    router.get("/documents") { request, context in
      try await listDocuments(request, context.caller)
    }
  }

  /// Reads `limit` and `from` of the query string.
  private func listDocuments(_ request: Request, _ caller: Caller) async throws -> Response {
    try RequestBody.requireParameters(of: request, among: ["limit", "from"])
    let page = try await documents.documents(
      from: request.uri.queryParameters["from"].map { String($0) },
      limit: try Self.limit(of: request, otherwise: 1_000, upTo: limits.documentsListed),
      by: caller)
    let entries = page.documents.map { entry in
      JSONValue.object([
        "document": .string(entry.name), "passages": .integer(Int64(entry.chunks)),
      ])
    }
    let body = JSONValue.object([
      "documents": .array(entries), "total": .integer(Int64(page.total)),
      "without_document": .integer(Int64(page.strayChunks)),
      "next": page.next.map { .string($0) } ?? .null,
    ])
    return JSONResponse.make(body.serialized())
  }

  /// The length of a page, as the query string says it.
  private static func limit(
    of request: Request, otherwise usual: Int, upTo most: Int
  ) throws(GatewayError) -> Int {
    guard let text = request.uri.queryParameters["limit"] else { return min(usual, most) }
    guard let number = Int(text), (1...most).contains(number) else {
      throw .badRequest("limit is a whole number from 1 to \(most)")
    }
    return number
  }

  /// Stores the files of a request; answers with what became of each, or with events on the way.
  private func bringIn(_ request: Request, _ caller: Caller) async throws -> Response {
    let body = try await RequestBody.collect(request, upTo: limits.fileBytes)
    // When it has arrived: who sends slowly keeps nobody else waiting.
    guard let place = filesInFlight.enter(limit: limits.filesInFlight) else {
      throw GatewayError.overloaded(retryAfterSeconds: 2)
    }
    let given = try FileBody.files(body, of: request)
    let isStreamed = request.headers[.accept]?.contains("text/event-stream") == true
    guard isStreamed else {
      let answer = try await idempotency.answer(request, caller, Self.content(of: given)) {
        () async throws(GatewayError) in try await store(given, by: caller)
      }
      withExtendedLifetime(place) {}
      return JSONResponse.make(answer)
    }
    let files = files
    return try stream.response { send in
      do throws(GatewayError) {
        for file in given {
          let report = try await files.store(file, by: caller) { done, total in
            let data = JSONValue.object([
              "document": .string(file.name), "done": .integer(Int64(done)),
              "passages": .integer(Int64(total)),
            ])
            send(EventStream.event("progress", data.serialized()))
          }
          send(EventStream.event("file", report.json.serialized()))
        }
        send(EventStream.event("done", JSONValue.object([:]).serialized()))
      } catch {
        let data = JSONValue.object([
          "detail": .string(error.message), "status": .integer(Int64(error.status)),
        ])
        send(EventStream.event("error", data.serialized()))
      }
      withExtendedLifetime(place) {}
    }
  }

  /// A form that is sent again has another boundary: what counts is what is in it.
  private static func content(of files: [UploadedFile]) -> [UInt8] {
    files.flatMap { Array("\($0.name)\u{0}\($0.bytes.count)\u{0}".utf8) + $0.bytes }
  }

  private func store(
    _ given: [UploadedFile], by caller: Caller
  ) async throws(GatewayError) -> [UInt8] {
    var reports: [JSONValue] = []
    for file in given {
      reports.append(try await files.store(file, by: caller) { _, _ in }.json)
    }
    return JSONValue.object(["files": .array(reports)]).serialized()
  }

  /// Reads `document`, `limit` and `from` of the query string.
  private func list(_ request: Request, _ caller: Caller) async throws -> Response {
    let query = request.uri.queryParameters
    try RequestBody.requireParameters(of: request, among: ["document", "limit", "from"])
    let limit = try Self.limit(of: request, otherwise: 100, upTo: limits.chunksListed)
    var start: PointID?
    if let text = query["from"] {
      guard let id = RequestDecoder.pointID(String(text)) else {
        throw GatewayError.badRequest("from is what `next` said in the page before")
      }
      start = id
    }
    let filter = query["document"].map {
      DocumentService.Selection.document(String($0)).filter
    }
    let page = try await documents.chunks(filter, from: start, limit: limit, by: caller)
    let chunks = page.chunks.map { chunk in
      JSONValue.object([
        "chunk_id": .string(chunk.chunkID), "page_content": .string(chunk.chunk.pageContent),
        "metadata": .object(chunk.chunk.metadata),
      ])
    }
    let body = JSONValue.object([
      "chunks": .array(chunks), "next": page.next.map { .string($0.description) } ?? .null,
    ])
    return JSONResponse.make(body.serialized())
  }
}

/// Counts what is in flight.
final class InFlight: Sendable {
  /// A place that is taken until it is let go of.
  final class Place: Sendable {
    private let owner: InFlight

    fileprivate init(_ owner: InFlight) { self.owner = owner }

    deinit { owner.count.withLock { $0 -= 1 } }
  }

  private let count = Mutex(0)

  /// A place, unless `limit` are taken.
  func enter(limit: Int) -> Place? {
    let isFree = count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    return isFree ? Place(self) : nil
  }
}

/// Reads what is to be removed: exactly one of `chunk_ids`, `document` and `filter`.
package enum DeletionRequest {
  private static let members = ["chunk_ids", "document", "filter", "keep"]

  /// Reads the body of `DELETE /upload/chunks`.
  package static func selection(
    _ body: [UInt8]
  ) throws(GatewayError) -> DocumentService.Selection {
    let root = try RequestBody.object(body)
    var problems = RequestBody.unexpected(in: root, besides: members, at: [.name("body")])
    var selections: [DocumentService.Selection] = []
    if let list = root["chunk_ids"], let ids = texts(list, "chunk_ids", &problems) {
      selections.append(.chunks(ids))
    }
    let kept = root["keep"].flatMap { texts($0, "keep", &problems) }
    if let name = root["document"] {
      if let text = name.identifierText, !text.isEmpty {
        selections.append(kept.map { .rest(of: text, keeping: Set($0)) } ?? .document(text))
      } else {
        problems.append(.notString([.name("body"), .name("document")]))
      }
    } else if kept != nil {
      problems.append(.missing([.name("body"), .name("document")]))
    }
    if let filter = QuestionRequest.filter(root["filter"], &problems) {
      if passesEverything(filter) {
        problems.append(problem("A filter that everything passes removes nothing here"))
      } else {
        selections.append(.filter(filter))
      }
    }
    if problems.isEmpty, selections.count != 1 {
      problems.append(problem("Say what to remove by one of `chunk_ids`, `document`, `filter`"))
    }
    guard problems.isEmpty, let selection = selections.first else {
      throw .unprocessable(problems)
    }
    return selection
  }

  /// Whether nothing is asked of a point, however many filters within filters say so.
  private static func passesEverything(_ filter: Filter) -> Bool {
    func passes(_ condition: Condition) -> Bool {
      if case .filter(let inner) = condition { passesEverything(inner) } else { false }
    }
    let isEnough =
      filter.minShould.map { $0.conditions.count(where: passes) >= $0.minimum } ?? true
    return filter.must.allSatisfy(passes) && filter.mustNot.isEmpty && isEnough
      && (filter.should.isEmpty || filter.should.contains(where: passes))
  }

  private static func problem(_ message: String) -> FieldProblem {
    FieldProblem(location: [.name("body")], message: message, type: "value_error")
  }

  private static func texts(
    _ value: JSONValue, _ name: String, _ problems: inout [FieldProblem]
  ) -> [String]? {
    let place: [FieldProblem.Step] = [.name("body"), .name(name)]
    guard let elements = value.arrayValue else {
      problems.append(.notList(place))
      return nil
    }
    let texts = elements.compactMap(\.identifierText)
    if texts.count != elements.count { problems.append(.notString(place)) }
    return texts
  }
}
