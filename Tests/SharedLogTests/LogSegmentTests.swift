import SharedLog
import Testing

/// Segments as bytes.
@Suite struct LogSegmentTests {
  private let segment = LogSegment(
    number: 7, writer: WriterID(), writtenAt: 1_790_000_000_123,
    items: [
      LogItem(entry: 41, committedAt: 1_790_000_000_120, bytes: [1, 2, 3]),
      LogItem(entry: 42, committedAt: 1_790_000_000_121, bytes: []),
    ])

  @Test func comeBackAsTheyWere() throws {
    #expect(try LogSegment(decoding: segment.encoded(), number: 7) == segment)
    var mark = segment
    mark.items = []
    #expect(try LogSegment(decoding: mark.encoded(), number: 7) == mark)
  }

  @Test func everyChangedByteAndEveryCutIsNoticed() {
    let bytes = segment.encoded()
    for position in bytes.indices {
      var changed = bytes
      changed[position] ^= 0x10
      #expect(throws: SharedLogError.self) { try LogSegment(decoding: changed, number: 7) }
      #expect(throws: SharedLogError.self) {
        try LogSegment(decoding: Array(bytes.prefix(position)), number: 7)
      }
    }
    #expect(throws: SharedLogError.self) { try LogSegment(decoding: bytes + [0], number: 7) }
  }

  @Test func entriesThatCanNotBeCountedOnFromAreRefused() {
    var far = segment
    far.items[1].entry = .max
    #expect(throws: SharedLogError.damaged("segment 7 has entry 18446744073709551615")) {
      try LogSegment(decoding: far.encoded(), number: 7)
    }
  }

  @Test func aSegmentInAnotherPlaceIsRefused() {
    #expect(throws: SharedLogError.damaged("segment 8 says that it is segment 7")) {
      try LogSegment(decoding: segment.encoded(), number: 8)
    }
  }
}
