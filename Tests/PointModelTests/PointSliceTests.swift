import PointModel
import Testing

@Suite struct PointSliceTests {
  /// The parts into which Qdrant's engine puts these ids, of seven.
  @Test(arguments: [
    ("0", 3), ("1", 2), ("2", 3), ("3", 3), ("10", 5), ("9223372036854775808", 6),
    ("18446744073709551615", 4), ("00000000-0000-0000-0000-00000000002a", 2),
    ("37c93498-e8a3-752e-0bf9-d6d152ac6708", 5), ("40ae4bc6-cdd5-923d-9be7-0b7199f36895", 1),
    ("f51a29d4-1111-7efa-e56e-b152ab3e1cfd", 0), ("0291287a-1a2b-85cd-68fb-ecfd93d300a4", 4),
  ])
  func partsAreQdrants(text: String, part: UInt32) throws {
    let id = try #require(UInt64(text).map(PointID.number) ?? PointUUID(text).map(PointID.uuid))
    for index in 0..<UInt32(7) {
      #expect(PointSlice(total: 7, index: index).contains(id) == (index == part))
    }
    #expect(PointSlice(total: 1, index: 0).contains(id))
  }

  @Test func partsAreEvenAndNested() {
    var counts = [0, 0, 0, 0]
    for number in 0..<UInt64(4000) {
      let part = (0..<UInt32(4)).first {
        PointSlice(total: 4, index: $0).contains(.number(number))
      }
      if let part { counts[Int(part)] += 1 }
      if part == 0 { #expect(PointSlice(total: 2, index: 0).contains(.number(number))) }
    }
    #expect(counts.reduce(0, +) == 4000)
    #expect(counts.allSatisfy { (900...1100).contains($0) })
  }
}
