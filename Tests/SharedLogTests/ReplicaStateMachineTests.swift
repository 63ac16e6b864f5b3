import Foundation
import SharedLog
import Testing

/// Servers that follow one log, whatever the network, the store and they themselves do.
@Suite struct ReplicaStateMachineTests {
  /// Seeds of the short form; `QUIVER_SIMULATION_SEEDS` sets another count.
  private static let seeds =
    ProcessInfo.processInfo.environment["QUIVER_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 300

  @Test func nothingAcknowledgedIsLostAndAllAgree() async throws {
    var counts = ReplicaSimulation.Counts()
    for seed in 1...Self.seeds {
      var simulation = ReplicaSimulation(seed: seed)
      try simulation.run(milliseconds: 60_000)
      try #require(simulation.violation == nil, "seed \(seed): \(simulation.violation ?? "")")
      counts += simulation.counts
      await Task.yield()
    }
    // Enough has happened for this to say something.
    let seeds = Int(Self.seeds)
    #expect(counts.committed > 30 * seeds, "\(counts)")
    #expect(counts.kills > 2 * seeds && counts.sleeps > 3 * seeds, "\(counts)")
    #expect(counts.leaders.count > 2 * seeds && counts.restores > seeds / 5, "\(counts)")
    #expect(counts.unknown > 0 && counts.refused > seeds, "\(counts)")
  }

  /// Without a look at the floor a server that slept believes in what it wrote or read below it:
  /// the simulation notices.
  @Test func aStaleServerIsCaughtByTheFloorAlone() async throws {
    for seed in 1...UInt64(2000) {
      var simulation = ReplicaSimulation(seed: seed, floorTrust: .max)
      try simulation.run(milliseconds: 60_000)
      if simulation.violation != nil { return }
      await Task.yield()
    }
    Issue.record("no seed shows what the floor is for")
  }

  @Test func theSameSeedIsTheSameRun() throws {
    var first = ReplicaSimulation(seed: 77)
    var second = ReplicaSimulation(seed: 77)
    try first.run(milliseconds: 20_000)
    try second.run(milliseconds: 20_000)
    #expect(first.counts == second.counts && first.counts.events > 1000)
  }
}
