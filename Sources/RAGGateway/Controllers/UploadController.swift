import FastJSON
import HTTPTypes
import Hummingbird
import PointModel
import QdrantAPI

/// `POST`, `GET` and `DELETE /upload/chunks`, and `GET /documents`.
struct UploadController: Sendable {
  let uploads: UploadService
  let documents: DocumentService
  let limits: GatewayLimits
  let idempotency: IdempotencyKeys

  init(uploads: UploadService, documents: DocumentService, limits: GatewayLimits) {
    self.uploads = uploads
    self.documents = documents
    self.limits = limits
    idempotency = IdempotencyKeys(count: limits.idempotencyKeys, age: limits.idempotencyAge)
  }

  func addRoutes(to router: Router<GatewayContext>) {
    router.post("/upload/chunks") { request, context in
      try context.caller.requireWriting()
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let answer = try await idempotency.answer(request, context.caller, body) {
        () async throws(GatewayError) in
        try await uploads.upload(RequestBody.chunks(body), tenant: context.caller.tenant).json
      }
      return JSONResponse.make(answer)
    }
    router.delete("/upload/chunks") { request, context in
      try context.caller.requireWriting()
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let answer = try await idempotency.answer(request, context.caller, body) {
        () async throws(GatewayError) in
        let selection = try DeletionRequest.selection(body)
        let deleted = try await documents.delete(selection, by: context.caller)
        return JSONValue.object(["deleted": .integer(Int64(deleted))]).serialized()
      }
      return JSONResponse.make(answer)
    }
    router.get("/upload/chunks") { request, context in
      try await list(request, context.caller)
    }
    router.get("/documents") { _, context in
      let found = try await documents.documents(by: context.caller)
      let entries = found.map { entry in
        JSONValue.object([
          "document": .string(entry.name), "passages": .integer(Int64(entry.points)),
        ])
      }
      return JSONResponse.make(
        JSONValue.object(["documents": .array(entries)]).serialized())
    }
  }

  /// Reads `document`, `limit` and `from` of the query string.
  private func list(_ request: Request, _ caller: Caller) async throws -> Response {
    let query = request.uri.queryParameters
    var limit = 100
    if let text = query["limit"] {
      guard let number = Int(text), (1...limits.chunksListed).contains(number) else {
        throw GatewayError.badRequest("limit is a whole number from 1 to \(limits.chunksListed)")
      }
      limit = number
    }
    var start: PointID?
    if let text = query["from"] {
      guard let id = RequestDecoder.pointID(String(text)) else {
        throw GatewayError.badRequest("from is what `next` said in the page before")
      }
      start = id
    }
    let filter = query["document"].map {
      DocumentService.Selection.document(String($0), keeping: []).filter
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
