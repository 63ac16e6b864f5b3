import FastJSON
import RAGGateway
import Testing

@Suite struct InsightRouteTests {
  private static let upload = """
    {"chunks":[
      {"page_content":"You can purge the configuration files of removed packages with apt.",
       "metadata":{"chunk_id":"purge","title":"Purging"}},
      {"page_content":"The kernel schedules threads on processors by priority.",
       "metadata":{"chunk_id":"kernel","title":"Kernel"}}]}
    """
  private static let question = #"{"question":"purge configuration files of removed packages"}"#

  @Test(arguments: ["/insight/query", "/query"])
  func answersFromWhatIsStored(_ path: String) async throws {
    try await TestGateway().run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      let response = try await client.post(path, Self.question)
      #expect(response.status == 200)
      #expect(response["title"] == .string("Purging"))
      #expect(response["status"] == .string("answered"))
      #expect(
        response["summary"]
          == .string(
            "“You can purge the configuration files of removed packages with apt.” [1]"))
      #expect(
        response["metadata"]
          == .array([
            .object(["chunk_id": .string("purge"), "title": .string("Purging")])
          ]))
      guard case .object(let generator)? = response["generator"] else {
        Issue.record("no generator")
        return
      }
      #expect(generator["provider"] == .string("extractive"))
      #expect(generator["model"] == .null)
      #expect(generator["notice"] != .null)
    }
  }

  @Test func knowsWhatItDoesNotKnow() async throws {
    let generator = FixedGenerator()
    let gateway = TestGateway(generator: generator)
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      let response = try await client.post("/query", #"{"question":"bake sourdough bread"}"#)
      #expect(response.status == 200)
      #expect(response["status"] == .string("no_knowledge"))
      #expect(response["confidence"] == .double(0))
      #expect(response["metadata"] == .array([]))
      #expect(response["citations"] == .array([]))
    }
    #expect(generator.questions.isEmpty)
  }

  @Test func knowsNothingWithoutACollection() async throws {
    let generator = FixedGenerator()
    let gateway = TestGateway(generator: generator)
    try await gateway.run { client in
      let response = try await client.post("/query", Self.question)
      #expect(response.status == 200)
      #expect(response["status"] == .string("no_knowledge"))
    }
    #expect(generator.questions.isEmpty)
    #expect(gateway.embedder.texts.isEmpty)
    #expect(gateway.store.snapshot.description == nil)
  }

  @Test func aCollectionThatWasDroppedIsMissedAndMadeAgain() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      #expect(try await client.post("/query", Self.question)["status"] == .string("answered"))
      gateway.store.dropCollection()
      for _ in 0..<2 {
        let response = try await client.post("/query", Self.question)
        #expect(response.status == 200)
        #expect(response["status"] == .string("no_knowledge"))
        guard case .object(let generator)? = response["generator"],
          case .string(let notice)? = generator["notice"]
        else {
          Issue.record("no notice")
          return
        }
        #expect(notice.contains("`chunks` does not exist"))
      }
      let again = try await client.post("/upload/chunks", Self.upload)
      #expect(again["uploaded"] == .integer(2))
      #expect(try await client.post("/query", Self.question)["status"] == .string("answered"))
    }
  }

  @Test func sentencesAreEmbeddedOnce() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      let first = try await client.post("/query", Self.question)
      let embedded = gateway.embedder.texts.count
      let second = try await client.post("/query", Self.question)
      #expect(first.json == second.json)
      // The question alone.
      #expect(gateway.embedder.texts.count == embedded + 1)
    }
  }

  @Test func metadataIsWhatWasRetrievedWhateverTheModelSays() async throws {
    let answer = Answer(
      title: "T", summary: "S", confidence: 7,
      citations: [Citation(number: 1, chunkID: "purge", quote: nil, score: 0.5)],
      generator: GeneratorNote(provider: "openai", model: "m"))
    try await TestGateway(generator: FixedGenerator(.success(answer))).run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      let response = try await client.post("/query", Self.question)
      #expect(response["confidence"] == .double(1))
      #expect(
        response["metadata"]
          == .array([
            .object(["chunk_id": .string("purge"), "title": .string("Purging")])
          ]))
    }
  }

  @Test func chunksWithoutMetadataAreAnsweredFrom() async throws {
    try await TestGateway().run { client in
      _ = try await client.post(
        "/upload/chunks",
        #"{"chunks":[{"page_content":"Threads share the memory of one process."}]}"#)
      let response = try await client.post(
        "/query", #"{"question":"threads share memory of one process"}"#)
      #expect(response.status == 200)
      guard case .array(let metadata)? = response["metadata"],
        case .object(let first)? = metadata.first,
        case .string(let id)? = first["chunk_id"]
      else {
        Issue.record("no metadata")
        return
      }
      #expect(id.count == 36)
      #expect(first["title"] == .string(""))
      #expect(response["title"] == .string("threads share memory of one process"))
    }
  }

  @Test(arguments: [
    (GatewayError.generationFailed("garbled"), 502, "Language model error: garbled"),
    (GatewayError.generationUnreachable("gone"), 503, "Language model unreachable: gone"),
  ])
  func generationFailuresAreTold(_ error: GatewayError, status: Int, detail: String) async throws {
    try await TestGateway(generator: FixedGenerator(.failure(error))).run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      let response = try await client.post("/query", Self.question)
      #expect(response.status == status)
      #expect(response.detail == detail)
    }
  }

  @Test func storeFailureIsTold() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      _ = try await client.post("/upload/chunks", Self.upload)
      gateway.store.fail(with: .storeUnreachable("gone"))
      let down = try await client.post("/query", Self.question)
      #expect(down.status == 503)
      gateway.store.fail(with: nil)
      let up = try await client.post("/query", Self.question)
      #expect(up.status == 200)
    }
  }
}
