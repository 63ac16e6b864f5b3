import Testing

import class Foundation.ProcessInfo

/// The engine's protocols under thousands of orders of events; see ``EngineSimulation``.
@Suite struct EngineSimulationTests {
  /// `QUIVER_SIMULATION_SEEDS` asks for more.
  private static var seeds: UInt64 {
    ProcessInfo.processInfo.environment["QUIVER_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 80
  }

  private static let steps = 300

  @Test func readersSeeCommitsWhateverHappensWhen() {
    var counts = EngineSimulation.Counts()
    let time = ContinuousClock().measure {
      for seed in 1...Self.seeds {
        let simulation = EngineSimulation(seed: seed)
        simulation.run(steps: Self.steps)
        counts += simulation.counts
        if let violation = simulation.violation {
          Issue.record("seed \(seed): \(violation)")
          return
        }
      }
    }
    let pace = Int(Double(Self.seeds) / (time / .seconds(60)))
    print("engine simulation: \(Self.seeds) seeds, \(pace) a minute, \(counts)")
    // Enough happened.
    let seeds = Int(Self.seeds)
    #expect(counts.commits > 10 * seeds && counts.reads > 10 * seeds)
    #expect(
      counts.failures > seeds && counts.refusals > 0 && counts.crashes > seeds / 2
        && counts.replans > seeds)
    #expect(counts.retries > 0 && counts.listChanges > seeds)
  }

  @Test(arguments: [EngineSimulation.Mistake.publishesItselfFirst, .forgetsPairs])
  func mistakesAreFound(_ mistake: EngineSimulation.Mistake) {
    let isFound = (1...40).contains { seed in
      let simulation = EngineSimulation(seed: UInt64(seed), mistake: mistake)
      simulation.run(steps: Self.steps)
      return simulation.violation != nil
    }
    #expect(isFound)
  }
}
