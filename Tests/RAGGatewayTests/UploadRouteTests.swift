import FastJSON
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PointModel
import RAGGateway
import Synchronization
import Testing

@Suite struct UploadRouteTests {
  private static let twoChunks = """
    {"chunks":[
      {"page_content":"Apt removes packages.","metadata":{"chunk_id":"a","title":"Apt"}},
      {"page_content":"Dpkg installs packages.","metadata":{"chunk_id":"b","title":"Dpkg"}}]}
    """

  @Test func storesChunksInTheLayoutOfLangChain() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      let response = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(response.status == 200)
      #expect(response["success"] == .bool(true))
      #expect(response["message"] == .string("2 chunks uploaded"))
      #expect(response["uploaded"] == .integer(2))
      #expect(response["failed"] == .array([]))
    }
    let stored = try #require(
      gateway.store.snapshot.chunks.values.first { $0.chunk.chunk.chunkID == "a" })
    let payload = stored.chunk.payload
    #expect(payload["page_content"] == .string("Apt removes packages."))
    #expect(
      payload["metadata"] == .object(["chunk_id": .string("a"), "title": .string("Apt")]))
    #expect(gateway.store.snapshot.description?.dimension == gateway.embedder.dimension)
  }

  @Test func secondUploadEmbedsNothingAndAddsNothing() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.twoChunks)
      let before = gateway.embedder.texts.count
      let writes = gateway.store.snapshot.writes
      let response = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(response.status == 200)
      #expect(response["success"] == .bool(true))
      #expect(response["uploaded"] == .integer(0))
      #expect(response["unchanged"] == .integer(2))
      #expect(gateway.embedder.texts.count == before)
      #expect(gateway.store.snapshot.writes == writes)
      #expect(gateway.store.snapshot.chunks.count == 2)
    }
  }

  @Test func chunksWithoutIDAreRecognisedByTheirText() async throws {
    let gateway = TestGateway()
    let body = #"{"chunks":[{"page_content":"No name."},{"page_content":"No name."}]}"#
    try await gateway.run { client in
      let first = try await client.post("/upload/chunks", body)
      #expect(first["uploaded"] == .integer(1))
      #expect(first["unchanged"] == .integer(1))
      let second = try await client.post("/upload/chunks", body)
      #expect(second["unchanged"] == .integer(2))
    }
    #expect(gateway.embedder.texts == ["No name."])
  }

  @Test func onlyWhatChangedIsEmbedded() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.twoChunks)
      let changed = Self.twoChunks.replacing("Dpkg installs", with: "Dpkg unpacks")
      let response = try await client.post("/upload/chunks", changed)
      #expect(response["updated"] == .integer(1))
      #expect(response["unchanged"] == .integer(1))
      #expect(response["message"] == .string("1 chunks uploaded, 1 unchanged"))
      #expect(gateway.embedder.calls.last == ["Dpkg\nDpkg unpacks packages."])
      #expect(gateway.store.snapshot.chunks.count == 2)
    }
  }

  @Test func newMetadataCostsNoEmbedding() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.twoChunks)
      let before = gateway.embedder.texts.count
      let changed = Self.twoChunks.replacing(
        #""title":"Apt""#, with: #""title":"Apt","page":7"#)
      let response = try await client.post("/upload/chunks", changed)
      #expect(response["updated"] == .integer(1))
      #expect(gateway.embedder.texts.count == before)
      #expect(gateway.store.snapshot.payloadWrites == 1)
      let pages = gateway.store.snapshot.chunks.values.compactMap {
        $0.chunk.chunk.metadata["page"]
      }
      #expect(pages == [.integer(7)])
      // The title is embedded with the text.
      let renamed = changed.replacing(#""title":"Apt""#, with: #""title":"APT""#)
      _ = try await client.post("/upload/chunks", renamed)
      #expect(gateway.embedder.calls.last == ["APT\nApt removes packages."])
    }
  }

  /// Also such as hold nothing but marks that are not seen.
  @Test(arguments: [" ", #"\u200b"#, #"\u0000\n"#, #"\ufeff"#])
  func emptyChunksAreReportedAndTheOthersStored(_ text: String) async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      let response = try await client.post(
        "/upload/chunks", #"{"chunks":[{"page_content":"\#(text)"},{"page_content":"Text."}]}"#)
      #expect(response.status == 200)
      #expect(response["uploaded"] == .integer(1))
      #expect(
        response["failed"]
          == .array([
            .object(["index": .integer(0), "error": .string("page_content is empty")])
          ]))
    }
  }

  @Test func oneIDWithTwoContentsIsReported() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      let response = try await client.post(
        "/upload/chunks",
        #"{"chunks":[{"page_content":"One.","metadata":{"chunk_id":1}},"#
          + #"{"page_content":"Two.","metadata":{"chunk_id":1}}]}"#)
      #expect(response["uploaded"] == .integer(1))
      #expect(response["success"] == .bool(false))
      #expect(gateway.embedder.texts == ["One."])
    }
  }

  @Test func emptyListIsABadRequest() async throws {
    try await TestGateway().run { client in
      let response = try await client.post("/upload/chunks", #"{"chunks":[]}"#)
      #expect(response.status == 400)
      #expect(response.detail == "No chunks to upload found")
    }
  }

  @Test func tooManyChunksAreRefused() async throws {
    let gateway = TestGateway()
    let most = gateway.limits.chunksPerUpload
    func body(_ count: Int) -> String {
      let list = Array(repeating: #"{"page_content":"x"}"#, count: count).joined(separator: ",")
      return #"{"chunks":[\#(list)]}"#
    }
    let (fitting, longer) = (body(most), body(most + 1))
    try await gateway.run { client in
      let refused = try await client.post("/upload/chunks", longer)
      #expect(refused.status == 413)
      #expect(refused.detail?.contains("1000") == true)
      #expect(gateway.embedder.texts.isEmpty)
      #expect(try await client.post("/upload/chunks", fitting).status == 200)
    }
  }

  @Test func tooLargeABodyIsRefused() async throws {
    try await TestGateway().run { client in
      let chunks = #"{"chunks":[{"page_content":"x"}]}"#
      let blank = GatewayLimits().bodyBytes - chunks.utf8.count
      let fitting = chunks + String(repeating: " ", count: blank)
      #expect(try await client.post("/upload/chunks", fitting).status == 200)
      let response = try await client.post("/upload/chunks", fitting + " ")
      #expect(response.status == 413)
      #expect(response.detail?.contains("8388608") == true)
    }
  }

  @Test(arguments: [
    (GatewayError.storeUnreachable("no route"), 503, "Vector store unreachable: no route"),
    (GatewayError.storeFailed("status 500"), 502, "Vector store error: status 500"),
  ])
  func storeFailuresAreTold(_ error: GatewayError, status: Int, detail: String) async throws {
    let store = MemoryStore()
    store.fail(with: error)
    try await TestGateway(store: store).run { client in
      let response = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(response.status == status)
      #expect(response.detail == detail)
    }
  }

  @Test func embeddingFailureIsTold() async throws {
    let embedder = HashingEmbedder(failure: .embeddingFailed("status 500"))
    try await TestGateway(embedder: embedder).run { client in
      let response = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(response.status == 502)
      #expect(response.detail == "Embedding error: status 500")
    }
  }

  private static var withoutWords: CollectionDescription {
    var description = CollectionDescription(
      dimension: 64, distance: .cosine, embedding: nil, recipe: EmbeddingRecipe.current.rawValue)
    description.hasWords = false
    return description
  }

  @Test(arguments: [
    CollectionDescription(dimension: 3, distance: .cosine, embedding: nil),
    CollectionDescription(dimension: nil, distance: nil, embedding: nil),
    CollectionDescription(dimension: 64, distance: .euclid, embedding: nil),
    Self.withoutWords,
    CollectionDescription(
      dimension: 64, distance: .cosine,
      embedding: EmbeddingIdentity(provider: "test", model: "other", dimension: 64)),
  ])
  func foreignCollectionIsRefused(_ description: CollectionDescription) async throws {
    let gateway = TestGateway(store: MemoryStore(description: description))
    try await gateway.run { client in
      let upload = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(upload.status == 409)
      #expect(upload.detail?.contains("Collection `chunks`") == true)
      let query = try await client.post("/query", #"{"question":"packages?"}"#)
      #expect(query.status == 409)
    }
    #expect(gateway.store.snapshot.writes == 0)
    #expect(gateway.embedder.texts.isEmpty)
  }

  @Test func chunksOfAnotherModelAreRefused() async throws {
    let store = MemoryStore()
    try await TestGateway(store: store).run { client in
      _ = try await client.post("/upload/chunks", Self.twoChunks)
    }
    let unlabelled = MemoryStore(
      description: CollectionDescription(dimension: 64, distance: .cosine, embedding: nil))
    for stored in store.snapshot.chunks.values {
      try await unlabelled.upsert([
        StorePoint(chunk: stored.chunk, vector: stored.vector, words: nil)
      ])
    }
    let gateway = TestGateway(embedder: HashingEmbedder(model: "newer"), store: unlabelled)
    try await gateway.run { client in
      let response = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(response.status == 409)
      #expect(response.detail?.contains("hashing") == true)
      #expect(response.detail?.contains("newer") == true)
    }
  }

  @Test func collectionThatVanishedIsMadeAgain() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.twoChunks)
      gateway.store.dropCollection()
      let response = try await client.post("/upload/chunks", Self.twoChunks)
      #expect(response.status == 200)
      #expect(response["uploaded"] == .integer(2))
    }
  }

  @Test func whatWasFoundOutAboutACollectionGrowsOld() async throws {
    let store = MemoryStore()
    let time = Mutex(ContinuousClock.now)
    let gate = CollectionGate(
      store: store, embedder: HashingEmbedder(), distance: .cosine
    ) { time.withLock { $0 } }
    _ = try await gate.openForWriting()
    // What nobody notices by an error: the same shape, and another measure.
    store.remake(CollectionDescription(dimension: 64, distance: .euclid, embedding: nil))
    time.withLock { $0 += CollectionGate.ageMax - .seconds(1) }
    #expect(try await gate.openForReading() == .current)
    time.withLock { $0 += .seconds(1) }
    await #expect(throws: GatewayError.self) { try await gate.openForReading() }
  }

  @Test func filesAreStoredOnceUnderOneKey() async throws {
    try await TestGateway().run { client in
      let name = try #require(HTTPField.Name("idempotency-key"))
      func send(_ file: String, _ key: String, boundary: String) async throws -> GatewayResponse {
        let form =
          "--\(boundary)\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\n"
          + "\(file)\r\n--\(boundary)--"
        return try await client.execute(
          uri: "/upload/files", method: .post,
          headers: [.contentType: "multipart/form-data; boundary=\(boundary)", name: key],
          body: ByteBuffer(string: form)
        ) { GatewayResponse($0) }
      }
      let first = try await send("Apt removes packages.", "k", boundary: "one")
      #expect(first.status == 200)
      // Forms have another boundary every time.
      let again = try await send("Apt removes packages.", "k", boundary: "two")
      #expect(again.json == first.json)
      #expect(try await send("Dpkg installs them.", "k", boundary: "one").status == 422)
      #expect(try await send("Dpkg installs them.", "other", boundary: "one").status == 200)
    }
  }

  @Test func aFilterThatIsWrongIsToldInWords() async throws {
    try await TestGateway().run { client in
      let body = #"{"question":"x","filter":{"musst":[]}}"#
      let detail = try await client.post("/query", body)["detail"]?.arrayValue?.first
      let message = detail?.objectValue?["msg"]?.stringValue
      #expect(
        message?.hasPrefix("Format error in JSON body: filter: unknown field `musst`") == true)
    }
  }

  @Test func collectionIsCheckedOnce() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      for number in 0..<4 {
        _ = try await client.post(
          "/upload/chunks", "{\"chunks\":[{\"page_content\":\"Text \(number).\"}]}")
      }
    }
    #expect(gateway.store.snapshot.descriptions == 2)
  }
}
