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

  @Test func anEmptyBitmapHoldsNothing() {
    let bitmap = OffsetBitmap(rowCount: 0)
    #expect(bitmap.count == 0)
    #expect(Array(bitmap).isEmpty)
    #expect(!bitmap.contains(0))
  }
}
