import FastJSON
import PointModel
import RAGGateway
import Testing

@Suite struct ChunkNamingTests {
  /// The example of RFC 9562, appendix A.4.
  @Test func agreesWithTheStandard() throws {
    let dns = try #require(PointUUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
    #expect(
      ChunkNaming.version5("www.example.com", in: dns).description
        == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
  }

  @Test func namesDifferByEverythingThatCounts() {
    let chunk = Chunk(pageContent: "Text.", metadata: ["chunk_id": .string("a")])
    let other = Chunk(pageContent: "Text.", metadata: ["chunk_id": .string("b")])
    let unnamed = Chunk(pageContent: "Text.")
    let renamed = Chunk(pageContent: "Other.", metadata: ["chunk_id": .string("a")])
    let naming = ChunkNaming(collection: "one")
    let ids = [
      naming.id(of: chunk), naming.id(of: other), naming.id(of: unnamed),
      ChunkNaming(collection: "two").id(of: chunk),
      ChunkNaming(collection: "one", tenant: "t").id(of: chunk),
    ]
    #expect(Set(ids).count == ids.count)
    #expect(naming.id(of: renamed) == naming.id(of: chunk))
    #expect(ids[0].description.split(separator: "-")[2].first == "5")
  }

  @Test func neverChanges() {
    #expect(ChunkNaming.namespace.description == "5b0c1f5e-7a52-4b1e-9d57-3c6de5f2a814")
    let chunk = Chunk(pageContent: "Text.", metadata: ["chunk_id": .string("a")])
    #expect(
      ChunkNaming(collection: "chunks").id(of: chunk).description
        == "1446c22b-d191-5201-8a82-70fba95150f0")
  }

  @Test func fingerprintIgnoresTheOrderOfMetadata() {
    let left = Chunk(pageContent: "T", metadata: ["a": .integer(1), "b": .string("x")])
    let right = Chunk(pageContent: "T", metadata: ["b": .string("x"), "a": .integer(1)])
    let other = Chunk(pageContent: "T", metadata: ["b": .string("x"), "a": .integer(2)])
    let fingerprint = ChunkFingerprint(of: left, embeddingModel: "m")
    #expect(fingerprint == ChunkFingerprint(of: right, embeddingModel: "m"))
    #expect(fingerprint != ChunkFingerprint(of: other, embeddingModel: "m"))
    #expect(ChunkFingerprint(json: fingerprint.json) == fingerprint)
    #expect(
      fingerprint.contentHash
        == "e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3")
  }
}
