import SeededRandom
import Testing
import VectorIndex

@Suite struct VisibilityTests {
  @Test func aRowIsVisibleFromItsBirthUntilItsDeath() {
    let table = VisibilityTable()
    table.insert(7, born: 10)
    table.remove(7, died: 20)
    for (sequence, visible) in [(0, false), (9, false), (10, true), (19, true), (20, false)] {
      #expect(table.view(at: UInt64(sequence), rowCount: 8).isVisible(7) == visible)
    }
    #expect(!table.view(at: .max, rowCount: 8).isVisible(6))
  }

  @Test func aDeathChangesNothingForEarlierReaders() {
    let table = VisibilityTable()
    table.insert(0, born: 1)
    let view = table.view(at: 5, rowCount: 1)
    table.remove(0, died: 6)
    #expect(view.isVisible(0))
    #expect(!table.view(at: 6, rowCount: 1).isVisible(0))
  }

  @Test func onlyTheFirstDeathCounts() {
    let table = VisibilityTable()
    table.remove(3, died: 1)
    table.insert(3, born: 2)
    table.remove(3, died: 5)
    table.remove(3, died: 9)
    #expect(table.view(at: 4, rowCount: 4).isVisible(3))
    #expect(!table.view(at: 6, rowCount: 4).isVisible(3))
  }

  @Test func nothingIsVisibleAtOrAboveTheRowCount() {
    let table = VisibilityTable()
    table.insert(10, born: 1)
    #expect(!table.view(at: 1, rowCount: 10).isVisible(10))
    #expect(table.view(at: 1, rowCount: 11).isVisible(10))
    #expect(!table.view(at: 1, rowCount: .max).isVisible(.max - 1))
  }

  @Test func walkingGivesTheVisibleOffsetsInOrder() {
    var random = SeededGenerator(seed: 61)
    let table = VisibilityTable()
    let rowCount: UInt32 = 20_000
    for offset in 0..<rowCount where Bool.random(using: &random) && offset / 4096 != 2 {
      table.insert(offset, born: UInt64.random(in: 1...100, using: &random))
      if Bool.random(using: &random) {
        table.remove(offset, died: UInt64.random(in: 101...200, using: &random))
      }
    }
    for sequence: UInt64 in [0, 50, 100, 150, 200] {
      let view = table.view(at: sequence, rowCount: rowCount - 3)
      var visited: [UInt32] = []
      view.forEachVisible { visited.append($0) }
      #expect(visited == (0..<rowCount).filter { view.isVisible($0) })
      var some: [UInt32] = []
      view.forEachVisible(in: 4000..<rowCount + 9) { some.append($0) }
      #expect(some == visited.filter { $0 >= 4000 })
    }
  }

  @Test func aDroppedChunkIsInvisibleToLaterViews() {
    let table = VisibilityTable()
    table.insert(1, born: 1)
    table.insert(5000, born: 1)
    table.dropChunk(containing: 0)
    let view = table.view(at: 1, rowCount: 6000)
    #expect(!view.isVisible(1))
    #expect(view.isVisible(5000))
  }
}
