import RowSets
import SeededRandom
import Testing

/// Many sets are united at once, not one by one, each time with a copy of all before.
@Suite struct ManyUnionTests {
  @Test func manySetsCostLittleMoreThanTheirRows() {
    var random = SeededGenerator(seed: 3)
    let sets = (0..<1500).map { _ in
      RowSet((0..<400).map { _ in UInt32.random(in: 0..<8_000_000, using: &random) }.sorted())
    }
    let clock = ContinuousClock()
    var together = RowSet.empty
    var oneByOne = RowSet.empty
    var beside = ""
    // Other work of the machine holds up one attempt, not each.
    let isCheaper = (0..<5).contains { _ in
      let atOnce = clock.measure { together = RowSet.union(of: sets) }
      let stepwise = clock.measure { oneByOne = sets.reduce(.empty) { $0.union($1) } }
      beside = "\(atOnce) beside \(stepwise)"
      return atOnce * 3 < stepwise
    }
    #expect(together.offsets == oneByOne.offsets)
    #expect(isCheaper, "\(beside)")
  }
}
