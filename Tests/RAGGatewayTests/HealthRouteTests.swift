import FastJSON
import RAGGateway
import Synchronization
import Testing

@Suite struct HealthRouteTests {
  @Test func livesWhateverTheStoreDoes() async throws {
    let store = MemoryStore()
    store.fail(with: .storeUnreachable("gone"))
    try await TestGateway(store: store).run { client in
      let live = try await client.get("/health/live")
      #expect(live.status == 200)
      let ready = try await client.get("/health/ready")
      #expect(ready.status == 503)
      #expect(ready.detail == "Vector store unreachable: gone")
    }
  }

  @Test func needsTheEmbedderAsWell() async throws {
    let embedder = HashingEmbedder(failure: .embeddingUnreachable("gone"))
    try await TestGateway(embedder: embedder).run { client in
      let ready = try await client.get("/health/ready")
      #expect(ready.status == 503)
      #expect(ready["embedder"] == .string("Embedding provider unreachable: gone"))
      #expect(ready["store"] == .string("ok"))
    }
  }

  @Test func verdictIsKeptForItsAge() async {
    let store = MemoryStore()
    let start = ContinuousClock.now
    let passed = Mutex(Duration.zero)
    let probe = ReadinessProbe(
      store: store, embedder: HashingEmbedder(), age: .seconds(5),
      now: { start + passed.withLock { $0 } })
    #expect(await probe.readiness().isReady)
    store.fail(with: .storeFailed("broken"))
    passed.withLock { $0 = .seconds(4) }
    #expect(await probe.readiness().isReady)
    #expect(store.snapshot.readinessChecks == 1)
    passed.withLock { $0 = .seconds(5) }
    #expect(await probe.readiness().isReady == false)
    #expect(store.snapshot.readinessChecks == 2)
  }

  @Test(arguments: [(Duration.zero, 3), (.seconds(3_600), 1)])
  func probesThatFollowSoonAreAnsweredFromTheLast(_ age: Duration, checks: Int) async throws {
    var gateway = TestGateway()
    gateway.limits.readinessAge = age
    try await gateway.run { client in
      for _ in 0..<3 {
        let answer = try await client.get("/health/ready")
        #expect(answer.status == 200)
      }
    }
    #expect(gateway.store.snapshot.readinessChecks == checks)
  }
}
