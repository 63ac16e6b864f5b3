import Synchronization
import Testing
import VectorDB

@Suite struct GateTests {
  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
  }

  @Test func everyWaiterSeesTheChangeBeforeTheRing() async throws {
    let gate = Gate()
    let counter = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for wanted in 1...200 {
        group.addTask {
          try await gate.wait { counter.value.load(ordering: .acquiring) >= wanted }
        }
      }
      for _ in 0..<200 {
        counter.value.add(1, ordering: .acquiringAndReleasing)
        gate.ring()
      }
      try await group.waitForAll()
    }
  }

  @Test func aCancelledWaiterIsLetGo() async {
    let gate = Gate()
    let waiting = Task { try await gate.wait { false } }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }
}
