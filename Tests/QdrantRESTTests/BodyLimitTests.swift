import Dispatch
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import QdrantREST
import QdrantService
import Testing
import TransportBase

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

  /// Not even one that has to wait for a thread is waited for longer than its sender does.
  @Test(
    .timeLimit(.minutes(2)), arguments: [100_000, 2_000_000], [nil, ContentCoding.gzip, .brotli])
  func whoWaitsForAThreadIsAnsweredOnTime(_ bytes: Int, _ coding: ContentCoding?) async throws {
    try await ServerFixture.runWithPoints { server in
      let free = Self.holdAllThreads()
      defer { free() }
      let text = "{}" + String(repeating: " ", count: bytes)
      let body =
        try coding.map { try ContentCodingTests.packed(text, as: $0) } ?? ByteBuffer(string: text)
      var headers: HTTPFields = [:]
      headers[.contentEncoding] = coding?.rawValue
      let answer = try await server.send(
        .post, "/collections/c/points/count?timeout=1", bytes: body, headers: headers)
      free()
      #expect(answer.status == 408)
      #expect(
        answer.error == "Timeout error: Operation 'Request body' timed out after 1 seconds")
      let patient = try await server.send(
        .post, "/collections/c/points/count?timeout=60", bytes: body, headers: headers)
      #expect(patient.status == 200)
    }
  }

  /// Nor one that is handed on as it came.
  @Test(.timeLimit(.minutes(2)))
  func whatIsHandedOnIsNotWaitedForLongerEither() async throws {
    let budget = ByteBudget(capacity: 64 << 20)
    let reader = BodyReader(limit: 32 << 20, budget: budget, parsing: ParsingRoom())
    let head = HTTPRequest(method: .put, scheme: nil, authority: nil, path: "/")
    func handedOn(_ bytes: ByteBuffer, within seconds: Int) async throws -> Int {
      let call = ServiceCall(access: .full, timeoutSeconds: seconds)
      let request = Request(head: head, body: RequestBody(buffer: bytes))
      var count = 0
      _ = try await reader.withBytes(of: request, call) { bytes in
        count = bytes.count
        return Response(status: .ok)
      }
      return count
    }
    let body = ByteBuffer(repeating: 7, count: 2_000_000)
    let free = Self.holdAllThreads()
    defer { free() }
    // One that is short needs no thread.
    #expect(try await handedOn(ByteBuffer(repeating: 7, count: 500), within: 1) == 500)
    await #expect {
      try await handedOn(body, within: 1)
    } throws: {
      ($0 as? ServiceError)?.kind == .timedOut
    }
    #expect(budget.taken == 2_000_000, "its copy may still be made")
    free()
    #expect(try await handedOn(body, within: 60) == 2_000_000)
  }

  /// Lets nothing else be done on the threads for blocking work, until what it gives is called,
  /// once or more often.
  private static func holdAllThreads() -> () -> Void {
    let gate = DispatchSemaphore(value: 0)
    let threads = 2 * NIOSingletons.blockingPoolThreadCountSuggestion
    for _ in 0..<threads {
      NIOSingletons.posixBlockingThreadPool.submit { _ in gate.wait() }
    }
    return { for _ in 0..<threads { gate.signal() } }
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
