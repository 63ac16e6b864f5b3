import Testing
import VectorIndex

@Suite struct OffsetBitmapTests {
  @Test func behavesLikeASet() {
    var random = SeededGenerator(seed: 41)
    for rowCount: UInt32 in [1, 63, 64, 65, 1000] {
      var bitmap = OffsetBitmap(rowCount: rowCount)
      var expected: Set<UInt32> = []
      for _ in 0..<200 {
        let offset = UInt32.random(in: 0..<rowCount, using: &random)
        bitmap.insert(offset)
        expected.insert(offset)
      }
      #expect(bitmap.count == expected.count)
      #expect(Array(bitmap) == expected.sorted())
      for offset in 0..<rowCount + 70 {
        #expect(bitmap.contains(offset) == expected.contains(offset))
      }
    }
  }

  /// However it is made, a set of the same offsets is the same set.
  @Test func listsAndBitsAreTheSame() {
    var random = SeededGenerator(seed: 42)
    for rowCount: UInt32 in [1, 64, 65, 1000] {
      let offsets = Set((0..<30).map { _ in UInt32.random(in: 0..<rowCount, using: &random) })
      var inserted = OffsetBitmap(rowCount: rowCount)
      for offset in offsets { inserted.insert(offset) }
      var list = OffsetBitmap(rowCount: rowCount, ascending: offsets.sorted())
      let filled = OffsetBitmap(rowCount: rowCount) { words in
        for offset in offsets { words[Int(offset / 64)] |= 1 << UInt64(offset % 64) }
        // What is beyond the last row is left out.
        if rowCount % 64 != 0 { words[words.count - 1] |= 1 << 63 }
      }
      #expect(list == inserted)
      #expect(filled == inserted)
      #expect(Array(list) == offsets.sorted())
      for offset in 0..<rowCount + 70 {
        #expect(list.contains(offset) == offsets.contains(offset))
      }
      list.insert(rowCount - 1)
      inserted.insert(rowCount - 1)
      #expect(list == inserted)
    }
  }

  @Test func anEmptyBitmapHoldsNothing() {
    let bitmap = OffsetBitmap(rowCount: 0)
    #expect(bitmap.count == 0)
    #expect(Array(bitmap).isEmpty)
    #expect(!bitmap.contains(0))
  }
}
