import FastJSON
import Hummingbird
import HummingbirdTesting
import PointModel
import RAGGateway
import SentenceEmbedding
import Testing

@Suite struct DocumentRouteTests {
  /// A gateway that holds as many chunks of each document as said, each in two parts.
  private static func gateway(_ documents: [(name: String, chunks: Int)]) async throws
    -> TestGateway
  {
    let gateway = TestGateway()
    let identity = try await gateway.embedder.identity()
    try await gateway.store.createCollection(distance: .cosine, embedding: identity)
    var points: [StorePoint] = []
    for document in documents {
      for number in 0..<document.chunks {
        let chunk = Chunk(
          pageContent: "Text \(number).", metadata: ["source": .string(document.name)])
        let fingerprint = ChunkFingerprint(
          of: chunk, embeddingModel: identity.model, recipe: .current)
        let ids = [0, 1].map { PointUUID(high: UInt64(points.count), low: UInt64($0)) }
        for (id, window) in [
          (ids[0], nil), (ids[1], IndexedChunk.Window(parent: ids[0], index: 1)),
        ] {
          let part = IndexedChunk(id: id, chunk: chunk, fingerprint: fingerprint, window: window)
          points.append(StorePoint(chunk: part, vector: [1], words: nil))
        }
      }
    }
    try await gateway.store.upsert(points)
    return gateway
  }

  private static func entries(_ page: GatewayResponse) -> [String] {
    (page["documents"]?.arrayValue ?? []).map { entry in
      "\(entry["document"]?.stringValue ?? ""): \(entry["passages"]?.numberValue ?? 0)"
    }
  }

  @Test func passagesAreCountedAndNotTheirParts() async throws {
    let gateway = try await Self.gateway([("a.md", 1), ("b.md", 3)])
    try await gateway.run { client in
      let page = try await client.get("/documents")
      #expect(Self.entries(page) == ["a.md: 1.0", "b.md: 3.0"])
      #expect(page["total"]?.numberValue == 2)
      #expect(page["next"] == .null)
      #expect(page["without_document"]?.numberValue == 0)
      let chunks = try await client.get("/upload/chunks")
      #expect(chunks["chunks"]?.arrayValue?.count == 4)
    }
  }

  @Test func pagesFollowOneAnother() async throws {
    let names = ["a&b=c.md", "b c.md", "d%2F.md", "\u{e9}.md", "z.md"]
    let gateway = try await Self.gateway(
      names.enumerated().reversed().map { ($0.element, $0.offset + 1) })
    let counted = names.enumerated().map { "\($0.element): \(Double($0.offset + 1))" }.sorted()
    try await gateway.run { client in
      var found: [String] = []
      var query = "?limit=2"
      while true {
        let page = try await client.get("/documents\(query)")
        #expect(page["total"]?.numberValue == 5)
        found += Self.entries(page)
        guard let next = page["next"]?.stringValue, found.count <= names.count else { break }
        #expect(Self.entries(page).count == 2)
        let given = next.utf8.map { byte in
          let digits = String(byte, radix: 16)
          return digits.count == 1 ? "%0\(digits)" : "%\(digits)"
        }
        query = "?limit=2&from=\(given.joined())"
      }
      #expect(found == found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
      #expect(found.sorted() == counted)
      #expect(Self.entries(try await client.get("/documents?from=%F0%9F%90%AB")).isEmpty)
    }
  }

  @Test func passagesOfNoDocumentAreCounted() async throws {
    let gateway = try await Self.gateway([("a.md", 2), ("", 3)])
    try await gateway.run { client in
      let page = try await client.get("/documents")
      #expect(Self.entries(page) == ["a.md: 2.0"])
      #expect(page["without_document"]?.numberValue == 3)
    }
  }

  @Test func moreThanCanBeListedIsSaid() async throws {
    var gateway = try await Self.gateway([("a.md", 1), ("b.md", 1), ("c.md", 1)])
    gateway.limits.documentsCounted = 2
    gateway.limits.documentsListed = 2
    try await gateway.run { client in
      let page = try await client.get("/documents")
      #expect(page.status == 502)
      #expect(page.detail?.contains("more than 2 documents") == true)
      let wide = try await client.get("/documents?limit=3")
      #expect(wide.status == 400)
      #expect(wide.detail == "limit is a whole number from 1 to 2")
    }
  }
}
