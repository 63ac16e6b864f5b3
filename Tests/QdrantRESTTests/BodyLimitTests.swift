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

  @Test func encodedBodiesAreRefused() async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(
        .post, "/collections/c/points/scroll", "{}", headers: [.contentEncoding: "gzip"])
      #expect(answer.status == 415)
      #expect(answer.error?.contains("`gzip`") == true)
      let plain = try await server.send(
        .post, "/collections/c/points/scroll", "{}",
        headers: [.contentEncoding: "identity", .contentType: "text/plain"])
      #expect(plain.status == 200)
    }
  }

  @Test func theBudgetIsGivenBack() async throws {
    let budget = ByteBudget(capacity: 100, patience: .milliseconds(10))
    let first = try await budget.acquire(60)
    #expect(first == 60)
    #expect(budget.available == 40)
    await #expect(throws: RESTError.self) { try await budget.acquire(41) }
    #expect(budget.waiting == 0)
    budget.release(first)
    // Larger than everything there is: taken alone rather than never.
    #expect(try await budget.acquire(1000) == 100)
    budget.release(100)
    #expect(budget.available == 100)
  }

  @Test func whoWaitsIsServedInOrder() async throws {
    let budget = ByteBudget(capacity: 10, patience: .seconds(60))
    let held = try await budget.acquire(10)
    let large = Task { try await budget.acquire(8) }
    while budget.waiting < 1 { await Task.yield() }
    let small = Task { try await budget.acquire(2) }
    while budget.waiting < 2 { await Task.yield() }
    budget.release(held)
    #expect(try await large.value == 8)
    #expect(try await small.value == 2)
    #expect(budget.available == 0)
  }

  @Test func aCancelledWaiterLeavesAndLetsOthersIn() async throws {
    let budget = ByteBudget(capacity: 10, patience: .seconds(60))
    let held = try await budget.acquire(6)
    let large = Task { try await budget.acquire(8) }
    while budget.waiting < 1 { await Task.yield() }
    let small = Task { try await budget.acquire(4) }
    while budget.waiting < 2 { await Task.yield() }
    large.cancel()
    #expect(try await small.value == 4)
    await #expect(throws: RESTError.self) { try await large.value }
    budget.release(held + 4)
    #expect(budget.available == 10)
  }

  @Test func tooManyWaitersAreTurnedAwayWithAHint() async throws {
    let budget = ByteBudget(capacity: 1, patience: .seconds(60), waitersMax: 0)
    let held = try await budget.acquire(1)
    do {
      _ = try await budget.acquire(1)
      Issue.record("was let in")
    } catch {
      #expect(error.status.code == 429)
      #expect(error.retryAfterSeconds == 1)
    }
    budget.release(held)
  }
}
