import Testing

import class Foundation.ProcessInfo

/// What the indexers decide, under thousands of orders of events; see ``IndexerSimulation`` and
/// ``PayloadIndexerSimulation``.
@Suite struct IndexerSimulationTests {
  /// `QUIVER_SIMULATION_SEEDS` asks for more.
  private static var seeds: UInt64 {
    ProcessInfo.processInfo.environment["QUIVER_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 300
  }

  private static func tell(_ name: String, _ counts: Any, _ time: Duration) {
    let pace = Double(seeds) / (time / .seconds(60))
    print("\(name) simulation: \(seeds) seeds, \(Int(pace)) a minute, \(counts)")
  }

  @Test func whatIsDueIsDoneAndNothingElse() {
    var counts = IndexerSimulation.Counts()
    let time = ContinuousClock().measure {
      for seed in 1...Self.seeds {
        let simulation = IndexerSimulation(seed: seed)
        simulation.run(rounds: 200)
        counts += simulation.counts
        if let violation = simulation.violation {
          Issue.record("seed \(seed): \(violation)")
          return
        }
      }
    }
    Self.tell("indexer", counts, time)
    let seeds = Int(Self.seeds)
    #expect(counts.builds > 5 * seeds && counts.inserts > 20 * seeds && counts.saves > seeds)
    #expect(counts.refusals > seeds && counts.interruptions > 0 && counts.drops > 0)
  }

  @Test(arguments: [IndexerSimulation.Mistake.comparesRowsWithVectors, .forgetsRefusals])
  func mistakesAreFound(_ mistake: IndexerSimulation.Mistake) {
    let isFound = (1...40).contains { seed in
      let simulation = IndexerSimulation(seed: UInt64(seed), mistake: mistake)
      simulation.run(rounds: 200)
      return simulation.violation != nil
    }
    #expect(isFound)
  }

  @Test func payloadIndexesAreBuiltAndMergedWhateverFails() {
    var counts = PayloadIndexerSimulation.Counts()
    let time = ContinuousClock().measure {
      for seed in 1...Self.seeds {
        let simulation = PayloadIndexerSimulation(seed: seed)
        simulation.run(rounds: 200)
        counts += simulation.counts
        if let violation = simulation.violation {
          Issue.record("seed \(seed): \(violation)")
          return
        }
      }
    }
    Self.tell("payload indexer", counts, time)
    let seeds = Int(Self.seeds)
    #expect(counts.builds > 10 * seeds && counts.merges > 10 * seeds)
    #expect(counts.failures > seeds && counts.impossible > seeds)
  }

  @Test func mergesThatAreRepeatedAreFound() {
    let isFound = (1...40).contains { seed in
      let simulation = PayloadIndexerSimulation(
        seed: UInt64(seed), mistake: .takesImpossibleForMade)
      simulation.run(rounds: 200)
      return simulation.violation != nil
    }
    #expect(isFound)
  }
}
