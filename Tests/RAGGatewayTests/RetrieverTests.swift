import FastJSON
import HTTPTransfer
import Logging
import OpenAITestServer
import PointModel
import RAGGateway
import SentenceEmbedding
import Testing

@Suite struct RetrieverTests {
  @Test func bitsStandForDirections() throws {
    let vectors: [Float] = [1, -1, 1, -1, 1, -1, 1, -1, -1, -1, -1, -1, 1, 1, 1, 1]
    let bits = try #require(TokenBits(dimension: 8, vectors: vectors))
    #expect(bits.count == 2)
    #expect(TokenBits(text: bits.text) == bits)
    let scale = Float(8).squareRoot()
    let question = vectors[..<8].map { $0 / scale }
    #expect(abs(bits.lateInteraction(with: question) - 1) < 1e-5)
    #expect(bits.direction(of: 1..<2) == Array(vectors[8...]))
    #expect(bits.rows(1..<9)?.count == 1)
    #expect(TokenBits(dimension: 8, bytes: []) != nil)
    #expect(TokenBits(dimension: 12, bytes: []) == nil)
    #expect(TokenBits(text: "8:@") == nil)
  }

  @Test func sameWordsAreFoldedAndAServiceOrdersAnew() async throws {
    let server = try #require(
      HTTPTestServer { request in
        guard case .object(let body) = request.json, case .array(let texts)? = body["documents"]
        else { return .respond(status: 400, body: "") }
        let results = texts.indices.map { index in
          #"{"index":\#(index),"relevance_score":\#(Double(index))}"#
        }
        return .respond(status: 200, body: #"{"results":[\#(results.joined(separator: ","))]}"#)
      })
    let reranker = HTTPReranker(
      endpoint: JSONEndpoint(
        client: HTTPClient(), base: server.url, timeout: .seconds(60), retry: RetryPolicy()),
      model: nil)
    let (embedder, store) = (HashingEmbedder(), MemoryStore())
    let gate = CollectionGate(store: store, embedder: embedder, distance: .cosine)
    let uploads = UploadService(embedder: embedder, store: store, gate: gate)
    _ = try await uploads.upload([
      Chunk(pageContent: "alpha beta gamma delta", metadata: ["chunk_id": .string("a")]),
      Chunk(pageContent: "alpha beta gamma delta", metadata: ["chunk_id": .string("b")]),
      Chunk(pageContent: "alpha beta other words", metadata: ["chunk_id": .string("c")]),
    ])
    let plain = Retriever(embedder: embedder, store: store, gate: gate, threshold: nil)
    let found = try await plain.retrieve("alpha beta gamma", limit: 5, filter: nil)
    #expect(found.passages.count == 2)
    #expect(found.passages.last?.chunkID == "c")
    let ordered = try await Retriever(
      embedder: embedder, store: store, gate: gate, threshold: nil, reranker: reranker
    ).retrieve("alpha beta gamma", limit: 5, filter: nil)
    #expect(ordered.passages.first?.chunkID == "c")
    #expect(ordered.passages.first?.signals.rerank == 1)
  }

  @Test func zeroVectorsAreRefusedChunkByChunk() async throws {
    let (embedder, store) = (HashingEmbedder(), MemoryStore())
    let gate = CollectionGate(store: store, embedder: embedder, distance: .cosine)
    let uploads = UploadService(embedder: embedder, store: store, gate: gate)
    let report = try await uploads.upload([
      Chunk(pageContent: "words", metadata: ["chunk_id": .string("a")]),
      Chunk(pageContent: "—", metadata: ["chunk_id": .string("b")]),
    ])
    #expect(report.uploaded == 1)
    #expect(report.failed.map(\.index) == [1])
    #expect(report.failed.first?.error.contains("zeros") == true)
  }

  @Test func collectionsOfOlderRecipesAreFilledAsTheyAre() async throws {
    let embedder = HashingEmbedder()
    let identity = try await embedder.identity()
    let store = MemoryStore(
      description: CollectionDescription(dimension: 64, distance: .cosine, embedding: identity))
    let gate = CollectionGate(store: store, embedder: embedder, distance: .cosine)
    _ = try await UploadService(embedder: embedder, store: store, gate: gate).upload([
      Chunk(pageContent: "Some text.", metadata: ["title": .string("A title")])
    ])
    #expect(embedder.texts == ["Some text."])
    let newer = MemoryStore(
      description: CollectionDescription(
        dimension: 64, distance: .cosine, embedding: identity, recipe: 99))
    let closed = CollectionGate(store: newer, embedder: embedder, distance: .cosine)
    await #expect {
      try await closed.openForReading()
    } throws: { error in
      (error as? GatewayError)?.status == 409
    }
  }
}
