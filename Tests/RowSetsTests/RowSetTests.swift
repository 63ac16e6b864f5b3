import RowSets
import Testing

@Suite struct RowSetTests {
  /// Lists, and bitmaps whose containers are lists, bits and runs.
  private static func samples() -> [Set<UInt32>] {
    var random = SystemRandomNumberGenerator()
    func some(_ count: Int, below end: UInt32) -> Set<UInt32> {
      Set((0..<count).map { _ in UInt32.random(in: 0..<end, using: &random) })
    }
    return [
      [], [0], [65_535, 65_536], some(50, below: 400_000), some(300, below: 700),
      some(2_000, below: 4_000_000), some(60_000, below: 200_000), Set(100..<150_000),
      Set(131_000..<131_100), [.max],
    ]
  }

  @Test func operationsAreThoseOfSets() {
    let samples = Self.samples()
    for a in samples {
      let left = RowSet(Array(a))
      #expect(left.offsets == a.sorted())
      #expect(left.count == a.count)
      #expect(left.isEmpty == a.isEmpty)
      #expect(Array(left) == a.sorted())
      #expect(left.optimized().offsets == a.sorted())
      for b in samples {
        let right = RowSet(b.sorted()).optimized()
        #expect(left.union(right).offsets == a.union(b).sorted())
        #expect(left.intersection(right).offsets == a.intersection(b).sorted())
        #expect(left.subtracting(right).offsets == a.subtracting(b).sorted())
        #expect(b.allSatisfy { left.contains($0) == a.contains($0) })
      }
    }
  }

  @Test func aUnionOfManyIsThatOfAll() {
    let samples = Self.samples()
    for count in 0...samples.count {
      for part in [samples.prefix(count), samples.suffix(count)] {
        let union = RowSet.union(of: part.map { RowSet(Array($0)) })
        #expect(union.offsets == part.reduce(into: Set()) { $0.formUnion($1) }.sorted())
      }
    }
    // Lists that are too many for one.
    let lists = (0..<40).map { list in (0..<20).map { UInt32($0 * 10_000 + list / 2) } }
    #expect(
      RowSet.union(of: lists.map { RowSet($0) }).offsets == Set(lists.joined()).sorted())
  }

  @Test(arguments: [7..<7, 7..<9, 3..<66_000] as [Range<UInt32>])
  func rangesAreSets(_ range: Range<UInt32>) {
    let set = RowSet(range: range)
    #expect(set.count == range.count)
    #expect(Array(set) == Array(range))
  }

  @Test func doublesCountOnce() {
    let offsets: [UInt32] = [5, 3, 5, 3, 9]
    #expect(RowSet(offsets).offsets == [3, 5, 9])
    let many = Array(0..<1_000 as Range<UInt32>) + (0..<1_000)
    #expect(RowSet(many).count == 1_000)
    let few = many.map { $0 % 7 }
    #expect(RowSet(few).offsets == Array(0..<7))
  }

  /// Around the number of offsets from which on a part of a bitmap is made of bits, in any order.
  @Test(arguments: [257, 4_095, 4_096, 4_097, 65_536])
  func offsetsInNoOrderMakeTheSameSet(_ count: Int) {
    var random = SystemRandomNumberGenerator()
    for first in [0, 65_500, 131_072] as [UInt32] {
      let offsets = (0..<UInt32(count)).map { first + $0 * 3 }
      let set = RowSet((offsets + offsets.prefix(40)).shuffled(using: &random))
      #expect(set.offsets == offsets)
      #expect(set.count == count)
      #expect(set.union(RowSet([1])).count == count + 1)
      let others = RowSet(offsets.map { $0 + 1 }.shuffled(using: &random))
      #expect(set.intersection(others).isEmpty)
    }
  }

  @Test func selectionsAreAnAlgebra() {
    let all = Set(UInt32(0)..<40)
    let parts: [Set<UInt32>] = [[], [1, 2, 3], [3, 4, 39], all]
    var selections: [(RowSelection, Set<UInt32>)] = []
    for part in parts {
      selections.append((.only(RowSet(part.sorted())), part))
      selections.append((.allBut(RowSet(part.sorted())), all.subtracting(part)))
    }
    func rows(_ selection: RowSelection) -> Set<UInt32> {
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
        #expect(rows(.union(of: [a, b])) == aRows.union(bRows))
      }
    }
  }
}
