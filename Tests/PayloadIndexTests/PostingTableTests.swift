import PayloadIndex
import RowSets
import SeededRandom
import Testing

@Suite struct PostingTableTests {
  /// The places of rows are told in 32 bits; the bound is set low, as no test has room for more.
  @Test func aFullArrayOverflowsIntoSets() {
    var random = SeededGenerator(seed: 31)
    for sparseMax in [0, 1, 40, 500, 4000] {
      var assembler = PostingAssembler<UInt64>(sparseMax: sparseMax)
      var rowsByKey: [UInt64: [UInt32]] = [:]
      for key in UInt64(0)..<60 {
        let count = Int.random(in: 0...80, using: &random)
        let rows = Set((0..<count).map { _ in UInt32.random(in: 0..<5000, using: &random) })
        rowsByKey[key] = rows.sorted()
        assembler.append(key, rows.sorted())
      }
      let table = PostingTable(assembler)
      #expect(table.keys == rowsByKey.filter { !$0.value.isEmpty }.keys.sorted())
      #expect(table.entryCount == rowsByKey.values.reduce(0) { $0 + $1.count })
      for (key, rows) in rowsByKey {
        #expect(table.rows(of: key).offsets == rows)
        #expect(table.count(of: key) == rows.count)
      }
      for _ in 0..<50 {
        let first = Int.random(in: 0..<table.keys.count, using: &random)
        let end = Int.random(in: first...table.keys.count, using: &random)
        let expected = Set(table.keys[first..<end].flatMap { rowsByKey[$0] ?? [] }).sorted()
        #expect(table.rows(in: first..<end).offsets == expected)
      }
    }
  }
}
