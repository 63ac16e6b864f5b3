import DatabaseFixture
import QdrantService
import Synchronization
import Testing

/// Large bodies take turns, and nobody waits for longer than it said.
struct ParsingRoomTests {
  @Test func whoWaitsNoLongerIsToldWhateverIsDone() async throws {
    let (ends, end) = AsyncStream<Void>.makeStream()
    let isCancelled = Mutex(false)
    await #expect(throws: Lateness.told) {
      try await Lateness.call.whileWaited(for: "Request body") {
        for await _ in ends {}
        isCancelled.withLock { $0 = Task.isCancelled }
      }
    }
    #expect(try await eventually { isCancelled.withLock { $0 } })
    end.finish()
    let patient = ServiceCall(access: .full, timeoutSeconds: 600)
    #expect(try await patient.whileWaited(for: "Request body") { 7 } == 7)
    await #expect(throws: CancellationError.self) {
      try await patient.whileWaited(for: "Request body") { throw CancellationError() }
    }
  }

  private final class Work: Sendable {
    let running = Atomic<Int>(0)
    let most = Atomic<Int>(0)

    func parse() async {
      most.max(running.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
      for _ in 0..<10 { await Task.yield() }
      running.subtract(1, ordering: .relaxed)
    }

    /// As many as ever ran together.
    var together: Int { most.load(ordering: .relaxed) }
  }

  @Test func bodiesBeyondTheRoomFollowEachOther() async throws {
    let room = ParsingRoom(capacity: 100)
    let work = Work()
    try await withThrowingTaskGroup { group in
      for _ in 0..<20 {
        group.addTask { try await room.withRoom(for: 60) { await work.parse() } }
      }
      try await group.waitForAll()
    }
    #expect(work.together == 1)
    #expect(room.waiting == 0)
  }

  @Test func bodiesThatFitAreParsedTogetherAndOneOfAnySizeAlone() async throws {
    let room = ParsingRoom(capacity: 100)
    try await room.withRoom(for: 50) { try await room.withRoom(for: 50) {} }
    try await room.withRoom(for: 1_000_000) {}
  }

  @Test func theRoomOfAServerIsTakenAndGivenBack() async throws {
    let room = ParsingRoom()
    try await room.withRoom(for: ParsingRoom.bytesMax - 1) {
      try await room.withRoom(for: 1) {
        let waiting = Task { try await room.withRoom(for: 1) {} }
        while room.waiting == 0 { await Task.yield() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
      }
    }
    try await room.withRoom(for: ParsingRoom.bytesMax) {}
  }

  @Test func nobodyWaitsLongerThanItsCaller() async throws {
    let room = ParsingRoom(capacity: 100)
    try await room.withRoom(for: 100) {
      await #expect(throws: Lateness.told) { try await room.withRoom(for: 100, Lateness.call) {} }
      #expect(room.waiting == 0)
    }
    try await room.withRoom(for: 100, Lateness.call) {}
  }

  @Test func whoIsCancelledLeavesItsPlace() async throws {
    let room = ParsingRoom(capacity: 100)
    let work = Work()
    try await room.withRoom(for: 100) {
      let waiting = Task { try await room.withRoom(for: 100) { await work.parse() } }
      while room.waiting == 0 { await Task.yield() }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      #expect(room.waiting == 0)
    }
    #expect(work.together == 0)
    try await room.withRoom(for: 100) {}
  }
}
