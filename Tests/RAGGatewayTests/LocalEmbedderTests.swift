import FoundationEssentials
import HTTPTransfer
import RAGGateway
import Testing

/// The model, in the folder that `EMBEDDINGS__MODEL_PATH` names or in the usual one.
private enum FetchedModel {
  static let folder =
    ProcessInfo.processInfo.environment["EMBEDDINGS__MODEL_PATH"]
    ?? ".quiver/models/all-MiniLM-L6-v2"

  static var isThere: Bool {
    FileManager.default.fileExists(atPath: folder + "/model.safetensors")
  }
}

@Suite(.enabled(if: FetchedModel.isThere, "the model has not been fetched"))
struct LocalEmbedderTests {
  @Test func batchesKeepOrderAndMeaning() async throws {
    let embedder = try LocalEmbedder(modelFolder: FetchedModel.folder, threads: 2)
    let texts = (0..<11).map { "Passage number \($0) is about topic \($0 % 3)." }
    let together = try await embedder.embed(texts)
    #expect(together.count == texts.count)
    for (text, vector) in zip(texts, together) {
      let alone = try #require(try await embedder.embed([text]).first)
      let cosine = zip(alone, vector).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      #expect(cosine > 0.9999)
    }
    let none = try await embedder.embed([])
    #expect(none.isEmpty)
    #expect(try await embedder.identity().dimension == 384)
    #expect(embedder.similarityThreshold == 0.3)
    await embedder.shutdown()
  }

  @Test func workEndsWithTheTimeOfItsRequest() async throws {
    let embedder = try LocalEmbedder(modelFolder: FetchedModel.folder, threads: 1)
    let texts = (0..<64).map { "Passage number \($0)." }
    await #expect(throws: GatewayError.outOfTime) {
      try await RequestDeadline.$current.withValue(RequestDeadline(in: .zero)) {
        try await embedder.read(texts)
      }
    }
    await embedder.shutdown()
  }

  @Test func paraphraseIsNearerThanAnotherTopic() async throws {
    let embedder = try LocalEmbedder(modelFolder: FetchedModel.folder, threads: 1)
    let vectors = try await embedder.embed([
      "How do I get rid of leftover settings of programs I uninstalled?",
      "You can purge the configuration files of removed packages.",
      "Knead the dough and let it rest overnight.",
    ])
    func similarity(_ left: Int, _ right: Int) -> Float {
      zip(vectors[left], vectors[right]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    #expect(similarity(0, 1) > embedder.similarityThreshold)
    #expect(similarity(0, 2) < embedder.similarityThreshold)
    await embedder.shutdown()
  }
}
