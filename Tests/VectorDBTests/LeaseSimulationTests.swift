import SeededRandom
import Testing
import VectorDB

import class Foundation.ProcessInfo

/// The one budget of memory under many orders of leases, samples and rows that go: what is granted
/// is there, and nothing stays taken that nobody holds.
@Suite struct LeaseSimulationTests {
  private static var seeds: UInt64 {
    ProcessInfo.processInfo.environment["QUIVER_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 500
  }

  @Test func whatIsGrantedIsThere() {
    var refusals = 0
    for seed in 1...Self.seeds {
      var run = LeaseSimulation(seed: seed)
      for _ in 0..<300 where run.violation == nil { run.step() }
      run.end()
      refusals += run.refusals
      if let violation = run.violation {
        Issue.record("seed \(seed): \(violation)")
        return
      }
    }
    #expect(refusals > Int(Self.seeds))
  }
}

/// Who holds what, in MiB, beside what the budget makes of it.
private struct LeaseSimulation {
  private(set) var violation: String?
  private(set) var refusals = 0

  private static let limit = 200 << 20
  private static let transientLimit = 60 << 20
  private let budget = MemoryBudget(
    limits: RoomLimits(
      memoryBytes: limit, diskReserveBytes: 0, transientBytes: transientLimit))
  private var random: SeededGenerator
  /// Leases for rows, and for requests.
  private var kept: [MemoryLease] = []
  private var transient: [MemoryLease] = []
  /// What rows take that are in memory.
  private var rows = 0
  /// A sample that was begun, and what it found if it has looked.
  private var sample: Sample?

  private enum Sample {
    case begun
    case found(Int)
  }

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private mutating func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &random) }

  private var held: Int { (kept + transient).reduce(0) { $0 + $1.bytes } }

  mutating func step() {
    let bytes = (1 + upTo(40)) << 20
    switch upTo(9) {
    case 0, 1: take(bytes, for: .upsert)
    case 2: take(bytes, for: .request)
    case 3: grow(by: bytes)
    case 4, 5: endRows()
    case 6:
      if let place = transient.indices.randomElement(using: &random) {
        transient[place].shrink(by: bytes)
        if transient[place].bytes == 0 || upTo(1) == 0 { transient.remove(at: place).release() }
      }
    case 7: rows -= min(rows, bytes)
    default: goOnSampling()
    }
  }

  private mutating func take(_ bytes: Int, for purpose: MemoryPurpose) {
    let before = held
    do throws(CollectionError) {
      let lease = try budget.lease(bytes, for: purpose)
      if purpose.isKept {
        check(rows + before + bytes <= Self.limit, "more was granted for rows than there is")
        kept.append(lease)
      } else {
        let others = transient.reduce(0) { $0 + $1.bytes }
        check(others + bytes <= Self.transientLimit, "more was granted to requests")
        transient.append(lease)
      }
    } catch {
      refusals += 1
    }
  }

  private mutating func grow(by bytes: Int) {
    guard let lease = kept.randomElement(using: &random) else { return }
    let before = held
    do throws(CollectionError) {
      try lease.grow(by: bytes)
      check(rows + before + bytes <= Self.limit, "a lease has grown beyond what there is")
    } catch {
      refusals += 1
      check(held == before, "a lease has grown that could not")
    }
  }

  /// Rows are there before their lease ends; a write that failed leaves none.
  private mutating func endRows() {
    guard let place = kept.indices.randomElement(using: &random) else { return }
    let lease = kept.remove(at: place)
    if upTo(4) == 0 { return lease.abandon() }
    rows += lease.bytes
    lease.release()
    lease.release()
  }

  private mutating func goOnSampling() {
    switch sample {
    case nil:
      budget.beginSample()
      sample = .begun
    case .begun: sample = .found(rows)
    case .found(let bytes):
      budget.update(RoomUse(memory: bytes))
      sample = nil
    }
  }

  /// All that is left to take can be taken once a sample has seen what there is.
  mutating func end() {
    while !kept.isEmpty { endRows() }
    for lease in transient { lease.release() }
    transient = []
    repeat { goOnSampling() } while sample != nil
    for _ in 0..<3 { goOnSampling() }
    check(budget.transientBytes == 0, "requests still hold something")
    check(budget.lastSample.memory == rows, "the sample is of something else")
    check(
      (try? budget.lease(Self.limit - rows, for: .upsert)) != nil,
      "less can be had than is free")
  }

  private mutating func check(_ holds: Bool, _ text: String) {
    if !holds, violation == nil { violation = text }
  }
}
