import HTTPTypes
import QdrantREST
import Testing

@Suite struct BodyLimitTests {
  @Test func aBodyOverTheLimitIsRefusedWithItsSize() async throws {
    var settings = ServerSettings()
    settings.maxRequestSizeMB = 1
    try await ServerFixture.runWithPoints(settings) { server in
      let padding = String(repeating: " ", count: 1 << 20)
      let body = #"{"points":[{"id":1,"vector":[1,1]}]}"# + padding
      let answer = try await server.send(.put, "/collections/c/points", body)
      #expect(answer.status == 413)
      #expect(
        answer.error
          == "Payload error: JSON payload (\(body.utf8.count) bytes) is larger than allowed "
          + "(limit: 1048576 bytes).")
      let fits = #"{"points":[{"id":1,"vector":[1,1]}]}"# + padding.dropLast(100)
      #expect(try await server.send(.put, "/collections/c/points", fits).status == 200)
    }
  }

  @Test func bodiesOfUnknownCodingsAreReadAsTheyAre() async throws {
    try await ServerFixture.runWithPoints { server in
      for coding in ["utf-8", "aws-chunked", "gzip, identity"] {
        let answer = try await server.send(
          .post, "/collections/c/points/scroll", "{}", headers: [.contentEncoding: coding])
        #expect(answer.status == 200)
      }
      let plain = try await server.send(
        .post, "/collections/c/points/scroll", "{}",
        headers: [.contentEncoding: "identity", .contentType: "text/plain"])
      #expect(plain.status == 200)
    }
  }
}
