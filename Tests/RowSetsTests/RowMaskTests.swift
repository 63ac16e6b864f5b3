import RowSets
import Testing

@Suite struct RowMaskTests {
  /// Sets of few rows, which make lists, and of many, which make bits.
  private static func samples(below end: UInt32) -> [Set<UInt32>] {
    var random = SystemRandomNumberGenerator()
    return [0, 1, 30, 5_000].map { count in
      Set((0..<count).map { _ in UInt32.random(in: 0..<end, using: &random) })
    }
  }

  @Test(arguments: [1, 63, 64, 65, 1_000, 40_000] as [UInt32])
  func holdsTheRowsBelowItsEnd(_ rowCount: UInt32) {
    for sample in Self.samples(below: rowCount + 100) {
      let expected = sample.filter { $0 < rowCount }.sorted()
      let mask = RowSet(Array(sample)).mask(below: rowCount)
      #expect(mask.rowCount == rowCount)
      #expect(mask.count == expected.count)
      #expect(Array(mask) == expected)
      let held = Set(expected)
      #expect((0..<rowCount + 170).allSatisfy { mask.contains($0) == held.contains($0) })
      let bits = mask.asBits
      #expect(bits.count == expected.count)
      #expect(Array(bits) == expected)
      let told = bits.withBits { words in
        (0..<rowCount).filter { words[Int($0 / 64)] >> UInt64($0 % 64) & 1 != 0 }
      }
      #expect(told == expected)
    }
  }

  @Test(arguments: [1, 64, 1_000, 40_000] as [UInt32])
  func holdsAllRowsButSome(_ rowCount: UInt32) {
    for sample in Self.samples(below: rowCount + 100) {
      let mask = RowSelection.allBut(RowSet(Array(sample))).mask(below: rowCount)
      let expected = (0..<rowCount).filter { !sample.contains($0) }
      #expect(mask.count == expected.count)
      #expect(Array(mask) == expected)
      #expect(!mask.contains(rowCount))
    }
  }

  @Test func anEmptyMaskHoldsNothing() {
    for mask in [RowSet([7]).mask(below: 0), RowSelection.all.mask(below: 0)] {
      #expect(mask.count == 0)
      #expect(Array(mask).isEmpty)
      #expect(!mask.contains(0))
    }
  }
}
