import FastJSON
import HTTPTransfer
import OpenAITestServer
import PointModel
import QdrantClient
import RAGGateway
import Testing

@Suite struct QdrantStoreTests {
  private static func store(_ url: String, timeout: Duration = .seconds(60)) -> QdrantStore {
    var retry = RetryPolicy()
    retry.maximumAttempts = 2
    retry.baseDelay = 0.001
    let server = QdrantServer(
      JSONEndpoint(
        client: HTTPClient(), base: url, credential: .apiKey("key"), timeout: timeout,
        retry: retry))
    return QdrantStore(QdrantCollection("my chunks", on: server))
  }

  private static let identity = EmbeddingIdentity(provider: "test", model: "m", dimension: 2)

  private static func query(_ vector: [Float], limit: Int) -> StoreQuery {
    StoreQuery(vector: vector, words: nil, filter: nil, limit: limit)
  }

  private static func indexed(_ text: String, title: String = "T") -> IndexedChunk {
    let chunk = Chunk(
      pageContent: text, metadata: ["chunk_id": .string(text), "title": .string(title)])
    return IndexedChunk(
      id: ChunkNaming(collection: "my chunks").id(of: chunk), chunk: chunk,
      fingerprint: ChunkFingerprint(of: chunk, embeddingModel: "m"))
  }

  @Test func anotherServerIsAskedWhereOneCanNotAnswer() async throws {
    let follower = try #require(
      FakeQdrant(
        reply: .respond(status: 503, body: #"{"status":{"error":"it follows another"}}"#)))
    let leader = try #require(FakeQdrant())
    let gone = try #require(FakeQdrant())
    gone.stop()
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    let client = HTTPClient()
    let endpoints = [gone, follower, leader].map {
      JSONEndpoint(client: client, base: $0.url, timeout: .seconds(60), retry: retry)
    }
    let server = QdrantServer(endpoints[0], others: Array(endpoints.dropFirst()))
    let store = QdrantStore(QdrantCollection("my chunks", on: server))
    try await store.createCollection(distance: .cosine, embedding: Self.identity)
    #expect(try await store.describeCollection()?.dimension == 2)
    #expect(follower.requests.count == 1, "the one that answered is asked again")
    #expect(leader.requests.count >= 2)
  }

  /// As many as `deletionsMax`.
  @Test func soManyPointsAreRemovedAtOnce() async throws {
    let done = #"{"result":{"operation_id":1,"status":"completed"}}"#
    let server = try #require(FakeQdrant(reply: .respond(status: 200, body: done)))
    let store = Self.store(server.url)
    try await store.delete((0..<2_001).map { .number(UInt64($0)) })
    let removals = server.requests.filter { $0.path.contains("/points/delete") }
    let counts = removals.map { request -> Int in
      guard case .object(let body) = request.json, case .array(let ids)? = body["points"] else {
        return 0
      }
      return ids.count
    }
    #expect(counts == [1_000, 1_000, 1])
  }

  @Test func makesAndDescribesTheCollection() async throws {
    let server = try #require(FakeQdrant())
    let store = Self.store(server.url)
    #expect(try await store.describeCollection() == nil)
    try await store.createCollection(distance: .cosine, embedding: Self.identity)
    let description = try await store.describeCollection()
    #expect(
      description
        == CollectionDescription(
          dimension: 2, distance: .cosine, embedding: Self.identity,
          recipe: EmbeddingRecipe.current.rawValue))
    #expect(server.requests.allSatisfy { $0.headers["api-key"] == "key" })
  }

  @Test func storesFindsAndRelabelsChunks() async throws {
    let server = try #require(FakeQdrant())
    let store = Self.store(server.url)
    try await store.createCollection(distance: .cosine, embedding: Self.identity)
    let chunks = [Self.indexed("one"), Self.indexed("two")]
    #expect(try await store.fingerprints(of: chunks.map(\.id)).isEmpty)
    try await store.upsert([
      StorePoint(chunk: chunks[0], vector: [1, 0], words: nil),
      StorePoint(chunk: chunks[1], vector: [0, 1], words: nil),
    ])
    let stored = try await store.fingerprints(of: chunks.map(\.id))
    #expect(stored.count == 2)
    #expect(stored[chunks[0].id] == .some(chunks[0].fingerprint))
    let hits = try await store.search(Self.query([1, 0], limit: 5))
    #expect(hits.map(\.chunk.chunkID) == ["one", "two"])
    #expect(hits.map(\.chunk.title) == ["T", "T"])
    #expect(hits.first?.chunk.pageContent == "one")
    let renamed = Self.indexed("one", title: "New")
    try await store.relabel([renamed])
    #expect(
      try await store.fingerprints(of: [renamed.id])[renamed.id] == .some(renamed.fingerprint))
    #expect(server.pointCount == 2)
  }

  @Test func askedForWhatIsNeeded() async throws {
    let server = try #require(FakeQdrant())
    let store = Self.store(server.url)
    try await store.createCollection(distance: .dot, embedding: Self.identity)
    _ = try await store.search(Self.query([0.25, 0.5], limit: 3))
    let request = try #require(server.requests.last)
    #expect(request.path == "/collections/my%20chunks/points/query")
    guard case .object(let body) = request.json else {
      Issue.record("no body")
      return
    }
    #expect(body["limit"] == .integer(3))
    #expect(body["filter"] == nil)
  }

  @Test func aMissingCollectionIsToldOfToSearchesAndUploads() async throws {
    let server = try #require(FakeQdrant())
    let store = Self.store(server.url)
    await #expect(throws: GatewayError.collectionMissing("my chunks")) {
      try await store.search(Self.query([1, 0], limit: 5))
    }
    await #expect(throws: GatewayError.collectionMissing("my chunks")) {
      try await store.upsert([
        StorePoint(chunk: Self.indexed("one"), vector: [1, 0], words: nil)
      ])
    }
  }

  @Test(arguments: [
    (TestReply.respond(status: 500, body: ""), 502, "status 500"),
    (
      .respond(status: 400, body: #"{"status":{"error":"Wrong input: x"},"time":0}"#), 502,
      "status 400: Wrong input: x"
    ),
    (.respond(status: 401, body: "Must provide an API key"), 502, "status 401: Must provide"),
    (
      .respond(status: 503, body: #"{"status":{"error":"opening `c`"},"time":0}"#), 503,
      "Vector store busy: opening `c`"
    ),
    (.respond(status: 429, body: ""), 503, "Vector store busy: status 429"),
    (.respond(status: 507, body: ""), 507, "Vector store full: status 507"),
    (.respond(status: 200, body: "<html>"), 502, "no answer of a Qdrant-compatible server"),
    (.cut(sent: "{"), 502, "interrupted"),
    (.hang, 503, "did not answer within"),
  ])
  func failuresAreTold(_ reply: TestReply, status: Int, detail: String) async throws {
    let server = try #require(FakeQdrant(reply: reply))
    let isSlow = if case .hang = reply { true } else { false }
    let store = Self.store(server.url, timeout: isSlow ? .milliseconds(300) : .seconds(60))
    await #expect {
      try await store.describeCollection()
    } throws: { error in
      let error = error as? GatewayError
      return error?.status == status && error?.message.contains(detail) == true
        && (error?.retryAfterSeconds != nil) == (status == 503)
    }
  }

  @Test func nobodyThereIsUnreachable() async throws {
    let server = try #require(FakeQdrant())
    server.stop()
    let store = Self.store(server.url)
    await #expect {
      try await store.checkReadiness()
    } throws: { error in
      (error as? GatewayError)?.status == 503
    }
  }

  @Test func readinessNeedsTheKeyToBeRight() async throws {
    let server = try #require(FakeQdrant())
    try await Self.store(server.url).checkReadiness()
    #expect(server.requests.map(\.path) == ["/readyz", "/collections/my%20chunks/exists"])
  }

  @Test func namedVectorsHaveNoDimension() async throws {
    let named: JSONValue = .object([
      "text": .object(["size": .integer(4), "distance": .string("Dot")])
    ])
    let server = try #require(
      FakeQdrant(config: ["params": .object(["vectors": named])]))
    let description = try #require(try await Self.store(server.url).describeCollection())
    #expect(description.dimension == nil)
    #expect(description.embedding == nil)
  }
}
