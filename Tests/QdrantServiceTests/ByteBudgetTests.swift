import QdrantService
import Synchronization
import Testing

@Suite struct ByteBudgetTests {
  private static let large = ByteBudget.smallBytesMax + 1

  /// A share that holds so many bytes.
  private static func holder(
    of bytes: Int, in budget: ByteBudget, abort: @escaping @Sendable () -> Void = {}
  ) async throws -> ByteBudget.Share {
    let share = budget.share(abort: abort)
    try await share.take(bytes)
    return share
  }

  /// Takes so many bytes in one piece, and gives them back.
  private static func take(_ bytes: Int, of budget: ByteBudget) -> Task<Void, any Error> {
    Task {
      let share = try await holder(of: bytes, in: budget)
      share.complete()
    }
  }

  private static func wait(for waiters: Int, in budget: ByteBudget) async {
    while budget.waiting < waiters { await Task.yield() }
  }

  @Test func whatWasTakenIsGivenBack() async throws {
    let budget = ByteBudget(capacity: 2 * Self.large, patience: .milliseconds(10))
    var share: ByteBudget.Share? = try await Self.holder(of: Self.large + 5, in: budget)
    share?.complete()
    #expect(budget.taken == Self.large + 5)
    await #expect(throws: ServiceError.self) { try await Self.take(Self.large, of: budget).value }
    #expect(budget.waiting == 0)
    share = nil
    #expect(budget.taken == 0)
    // Larger than everything there is: taken alone rather than never.
    try await Self.take(10 * Self.large, of: budget).value
    #expect(budget.taken == 0)
  }

  @Test func nobodyWaitsLongerThanItsCaller() async throws {
    let budget = ByteBudget(capacity: Self.large, patience: .seconds(600))
    let share = try await Self.holder(of: Self.large, in: budget)
    share.complete()
    // Whoever looks after the waits looks for this one first.
    let patient = Self.take(Self.large, of: budget)
    await Self.wait(for: 1, in: budget)
    let other = budget.share(for: Lateness.call)
    await #expect(throws: Lateness.told) { try await other.take(Self.large) }
    #expect(budget.waiting == 1)
    patient.cancel()
    await #expect(throws: ServiceError.self) { try await patient.value }
    withExtendedLifetime(share) {}
  }

  @Test func asManyWaitAsMayAndNoMore() async throws {
    let budget = ByteBudget(capacity: Self.large, patience: .seconds(600))
    let share = try await Self.holder(of: Self.large, in: budget)
    share.complete()
    let waiting = (0..<ByteBudget.waitersMax).map { _ in Self.take(Self.large, of: budget) }
    await Self.wait(for: ByteBudget.waitersMax, in: budget)
    await #expect(throws: ServiceError.self) { try await Self.take(Self.large, of: budget).value }
    #expect(budget.waiting == ByteBudget.waitersMax)
    for task in waiting { task.cancel() }
    for task in waiting { _ = try? await task.value }
    withExtendedLifetime(share) {}
  }

  @Test func smallBodiesDoNotWait() async throws {
    let budget = ByteBudget(capacity: 8 * Self.large, patience: .seconds(60))
    let share = try await Self.holder(of: 8 * Self.large, in: budget)
    share.complete()
    let waiting = Self.take(Self.large, of: budget)
    await Self.wait(for: 1, in: budget)
    try await Self.take(1000, of: budget).value
    waiting.cancel()
    _ = try? await waiting.value
    withExtendedLifetime(share) {}
  }

  @Test func aSmallBodyThatGrowsIsCountedOnce() async throws {
    let budget = ByteBudget(capacity: 8 * Self.large)
    var share: ByteBudget.Share? = budget.share()
    for _ in 0..<3 { try await share?.take(40_000) }
    #expect(budget.taken == 120_000)
    share = nil
    #expect(budget.taken == 0)
  }

  @Test func bodiesThatFillTheBudgetTogetherDoNotHoldOneAnotherUp() async throws {
    let pieces = 10
    let budget = ByteBudget(capacity: 2 * pieces * Self.large, patience: .seconds(60))
    // Five times as much as there is room for.
    let bodies = (0..<10).map { _ in
      Task {
        let share = budget.share()
        for _ in 0..<pieces {
          try await share.take(Self.large)
          await Task.yield()
        }
      }
    }
    var served = 0
    for body in bodies where (try? await body.value) != nil { served += 1 }
    #expect(served >= 2)
    #expect(budget.taken == 0)
    #expect(budget.waiting == 0)
  }

  @Test func whatStallsMakesRoomForOthers() async throws {
    let budget = ByteBudget(
      capacity: 2 * Self.large, patience: .seconds(60), stallTolerance: .milliseconds(20))
    let aborted = Mutex(false)
    let stalled = try await Self.holder(of: 2 * Self.large, in: budget) {
      aborted.withLock { $0 = true }
    }
    try await Self.take(Self.large, of: budget).value
    #expect(aborted.withLock { $0 })
    await #expect(throws: ServiceError.self) { try await stalled.take(1) }
  }

  @Test func aCancelledWaiterLeavesAndLetsOthersIn() async throws {
    let budget = ByteBudget(capacity: 20 * Self.large, patience: .seconds(60))
    let share = try await Self.holder(of: 3 * Self.large, in: budget)
    share.complete()
    let large = Self.take(19 * Self.large, of: budget)
    await Self.wait(for: 1, in: budget)
    let next = Self.take(17 * Self.large, of: budget)
    await Self.wait(for: 2, in: budget)
    large.cancel()
    try await next.value
    await #expect(throws: ServiceError.self) { try await large.value }
    withExtendedLifetime(share) {}
  }

  @Test func tooManyWaitersAreTurnedAwayWithAHint() async throws {
    let budget = ByteBudget(capacity: Self.large, patience: .seconds(60), waitersMax: 0)
    do {
      try await budget.share().take(2 * Self.large)
      Issue.record("was let in")
    } catch {
      #expect(error.kind == .exhausted)
      #expect(error.retryAfterSeconds == 1)
    }
  }
}
