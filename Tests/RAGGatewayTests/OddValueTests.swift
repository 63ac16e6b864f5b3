import FastJSON
import PointModel
import RAGGateway
import Testing

/// Values that clients do send: each is taken as it is, or refused with a reason.
@Suite struct OddValueTests {
  @Test func metadataOfAnyShapeIsKept() async throws {
    let gateway = TestGateway()
    let metadata =
      #"{"chunk_id":"a","nested":{"list":[1,{"deep":null}]},"large":9007199254740993,"none":null,"#
      + #""emoji":"\ud83e\udd89","nul":"a\u0000b"}"#
    try await gateway.run { client in
      let response = try await client.post(
        "/upload/chunks",
        #"{"chunks":[{"page_content":"An owl.","type":"Document","id":null,"metadata":"#
          + metadata + "}]}")
      #expect(response.status == 200)
      #expect(response["uploaded"] == .integer(1))
      let none = try await client.post(
        "/upload/chunks", #"{"chunks":[{"page_content":"No metadata.","metadata":null}]}"#)
      #expect(none["uploaded"] == .integer(1))
      let listed = try await client.get("/upload/chunks")
      let chunks = try #require(listed["chunks"]?.arrayValue)
      let kept = try #require(chunks.first { $0["chunk_id"] == .string("a") })
      #expect(kept["metadata"] == (try JSONValue(parsing: Array(metadata.utf8))))
    }
  }

  @Test func aNumberAndItsDigitsAreOneName() async throws {
    try await TestGateway().run { client in
      func upload(_ id: String) async throws -> GatewayResponse {
        try await client.post(
          "/upload/chunks",
          #"{"chunks":[{"page_content":"Seven.","metadata":{"chunk_id":\#(id)}}]}"#)
      }
      #expect(try await upload("7")["uploaded"] == .integer(1))
      let again = try await upload("\"7\"")
      #expect(again["uploaded"] == .integer(0))
      #expect(again["failed"] == .array([]))
    }
  }

  @Test func questionsAreTakenUpToTheirLimit() async throws {
    try await TestGateway().run { client in
      let longest = String(repeating: "x", count: GatewayLimits().questionCharacters)
      #expect(try await client.post("/query", #"{"question":"\#(longest)"}"#).status == 200)
      let longer = try await client.post("/query", #"{"question":"\#(longest)x"}"#)
      #expect(longer.status == 422)
      #expect(longer.json.serialized().isEmpty == false)
      let odd = try await client.post("/query", #"{"question":"\u0000 \ud83e\udd89?"}"#)
      #expect(odd.status == 200)
    }
  }

  @Test func aRequestWithoutTimeLeftIsAskedToComeBack() async throws {
    var gateway = TestGateway()
    gateway.limits.requestTime = .zero
    try await gateway.run { client in
      let response = try await client.post(
        "/upload/chunks", #"{"chunks":[{"page_content":"Late."}]}"#)
      #expect(response.status == 503)
    }
    #expect(gateway.embedder.texts.isEmpty)
  }

  @Test func aCollectionThatNamesNoModelIsTold() async throws {
    let store = MemoryStore(
      description: CollectionDescription(dimension: 64, distance: .cosine, embedding: nil))
    let remark = "The collection `chunks` does not say which embedding model filled it"
    try await TestGateway(store: store).run { client in
      let text = "Threads share the memory of one process."
      let report = try await client.post(
        "/upload/chunks", #"{"chunks":[{"page_content":"\#(text)"}]}"#)
      #expect(report["uploaded"] == .integer(1))
      #expect(report["notice"]?.stringValue?.hasPrefix(remark) == true)
      for question in [text, "bake sourdough bread"] {
        let insight = try await client.post("/query", #"{"question":"\#(question)"}"#)
        #expect(insight["generator"]?["notice"]?.stringValue?.contains(remark) == true)
      }
    }
    try await TestGateway().run { client in
      let report = try await client.post("/upload/chunks", #"{"chunks":[{"page_content":"A."}]}"#)
      #expect(report["notice"] == nil)
    }
  }
}
