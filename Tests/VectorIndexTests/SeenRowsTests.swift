import Testing
import VectorIndex

@Suite struct SeenRowsTests {
  /// Few slots are looked at for a row, however many rows there are and however they lie.
  @Test(arguments: [UInt32(1), 7, 1024])
  func probingStaysShort(stride: UInt32) {
    let count = UInt32(1) << 20 + 100_000
    let seen = SeenRows(capacity: 16)
    var (inserted, total) = (0, 0)
    for index in 0..<count { inserted += seen.insert(index &* stride) ? 1 : 0 }
    for index in 0..<count { total += seen.probeCount(for: index &* stride) }
    #expect(inserted == Int(count))
    #expect(total < 3 * Int(count))
    #expect((0..<100).allSatisfy { !seen.insert($0 * stride) })
    #expect(seen.probeCount(for: .max - 1) < 1000)
  }
}
