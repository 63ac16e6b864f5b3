import PayloadIndex
import Testing

@Suite struct OffsetSetTests {
  /// Sets whose containers are lists, bits and runs.
  private static func samples() -> [Set<UInt32>] {
    var generator = SeededGenerator(seed: 4)
    let few = Set((0..<50).map { _ in UInt32.random(in: 0..<400_000, using: &generator) })
    let many = Set((0..<60_000).map { _ in UInt32.random(in: 0..<200_000, using: &generator) })
    return [[], [0], [65_535, 65_536], few, many, Set(100..<150_000), Set(131_000..<131_100)]
  }

  @Test func operationsAreThoseOfSets() {
    let samples = Self.samples()
    for a in samples {
      let left = OffsetSet(Array(a))
      #expect(left.offsets == a.sorted())
      #expect(left.count == a.count)
      for b in samples {
        let right = OffsetSet(b.sorted())
        #expect(left.union(right).offsets == a.union(b).sorted())
        #expect(left.intersection(right).offsets == a.intersection(b).sorted())
        #expect(left.subtracting(right).offsets == a.subtracting(b).sorted())
        #expect(left.intersectionCount(right) == a.intersection(b).count)
      }
    }
  }

  @Test(arguments: [64, 100_000, 300_032])
  func bitsAreThoseOfTheOffsets(_ limit: Int) {
    for sample in Self.samples() + [Set(0..<70_000)] {
      for set in [OffsetSet(sample.sorted()), OffsetSet(range: 7..<7)] {
        var words = [UInt64](repeating: 0, count: limit / 64)
        words.withUnsafeMutableBufferPointer { set.copyBits(into: $0) }
        var found: [UInt32] = []
        for (number, word) in words.enumerated() {
          for bit in 0..<64 where word >> UInt64(bit) & 1 == 1 {
            found.append(UInt32(number * 64 + bit))
          }
        }
        #expect(found == set.offsets.filter { $0 < UInt32(limit / 64 * 64) })
      }
    }
    let run = OffsetSet(range: 3..<66_000)
    var words = [UInt64](repeating: 0, count: 1100)
    words.withUnsafeMutableBufferPointer { run.copyBits(into: $0) }
    #expect(words.reduce(0) { $0 + $1.nonzeroBitCount } == 65_997)
  }

  @Test func selectionsAreAnAlgebra() {
    let all = Set(UInt32(0)..<40)
    let parts: [Set<UInt32>] = [[], [1, 2, 3], [3, 4, 39], all]
    var selections: [(OffsetSelection, Set<UInt32>)] = []
    for part in parts {
      selections.append((.only(OffsetSet(part.sorted())), part))
      selections.append((.allBut(OffsetSet(part.sorted())), all.subtracting(part)))
    }
    func rows(_ selection: OffsetSelection) -> Set<UInt32> {
      all.filter { selection.contains($0) }
    }
    for (a, aRows) in selections {
      #expect(rows(a) == aRows)
      #expect(rows(a.inverted) == all.subtracting(aRows))
      #expect(a.count(of: all.count) == aRows.count)
      for (b, bRows) in selections {
        #expect(rows(a.intersection(b)) == aRows.intersection(bRows))
        #expect(rows(a.union(b)) == aRows.union(bRows))
        #expect(rows(a.subtracting(b)) == aRows.subtracting(bRows))
      }
    }
  }
}
