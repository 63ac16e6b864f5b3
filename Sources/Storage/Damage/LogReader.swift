/// A walk over the records of a file in RocksDB's log format, which write-ahead logs and manifests
/// have: blocks of 32 KiB with fragments of a checksum (4 bytes), a length (2), a type (1) and so
/// many bytes; a record is one whole fragment or a first, middle ones and a last.
///
/// Where a fragment can't be read the walk goes on with the next one that can, and says so.
struct LogReader {
  static let blockBytes = 32 << 10
  private static let headerBytes = 7
  private static let full: UInt8 = 1
  private static let first: UInt8 = 2
  private static let middle: UInt8 = 3
  private static let last: UInt8 = 4

  /// How a file ends.
  enum End: Equatable {
    /// With a whole record, or with nothing but zeros after one.
    case whole
    /// Within a record, as a write leaves it that was cut short.
    case torn
  }

  private let bytes: UnsafeRawBufferPointer
  private let verifies: Bool
  private var position = 0
  /// Where the record begins that was returned last, and where it ends.
  private(set) var recordStart = 0
  private(set) var recordEnd = 0
  /// Whether something between the last two records that were returned could not be read.
  private(set) var skipped = false
  private(set) var end: End?

  /// - Parameter verifies: whether checksums are compared, which reads all bytes.
  init(_ bytes: UnsafeRawBufferPointer, verifies: Bool) {
    self.bytes = bytes
    self.verifies = verifies
  }

  /// The fragments of the next record that can be read; `nil` at the end.
  mutating func next() -> [UnsafeRawBufferPointer]? {
    skipped = false
    var fragments: [UnsafeRawBufferPointer] = []
    while let (type, body) = nextFragment() {
      let start = position - body.count - Self.headerBytes
      switch type {
      case Self.full, Self.first:
        if !fragments.isEmpty { skipped = true }
        recordStart = start
        fragments = [body]
        if type == Self.full { return finish(fragments) }
      default:
        // What follows something unreadable has no beginning.
        if fragments.isEmpty || skippedFragment {
          skipped = true
          fragments = []
        } else {
          fragments.append(body)
          if type == Self.last { return finish(fragments) }
        }
      }
    }
    if !fragments.isEmpty { end = .torn }
    return nil
  }

  private mutating func finish(_ fragments: [UnsafeRawBufferPointer]) -> [UnsafeRawBufferPointer] {
    recordEnd = position
    return fragments
  }

  /// Whether something before the last fragment could not be read.
  private var skippedFragment = false

  private mutating func nextFragment() -> (type: UInt8, body: UnsafeRawBufferPointer)? {
    skippedFragment = false
    while true {
      let rest = Self.blockBytes - position % Self.blockBytes
      if rest < Self.headerBytes {
        position += rest
        continue
      }
      guard position + Self.headerBytes <= bytes.count else {
        end = position < bytes.count ? .torn : .whole
        return nil
      }
      let length = lengthOfFragment(at: position)
      let type = bytes[position + 6]
      let next = position + Self.headerBytes + length
      if type == 0, length == 0 {
        if isZeroToTheEnd() {
          end = .whole
          return nil
        }
        skip(to: position + rest)
      } else if type > Self.last || type == 0 || Self.headerBytes + length > rest {
        skip(to: position + rest)
      } else if next > bytes.count {
        end = .torn
        return nil
      } else if verifies, !isIntact(position) {
        // The length may be right although the bytes are not.
        let isFollowed = next % Self.blockBytes != 0 && next < bytes.count && isIntact(next)
        skip(to: isFollowed ? next : position + rest)
      } else {
        let body = UnsafeRawBufferPointer(rebasing: bytes[(position + Self.headerBytes)..<next])
        position = next
        return (type, body)
      }
    }
  }

  private mutating func skip(to target: Int) {
    position = target
    skipped = true
    skippedFragment = true
  }

  private func lengthOfFragment(at start: Int) -> Int {
    Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt16.self)))
  }

  private func isZeroToTheEnd() -> Bool {
    bytes[position...].allSatisfy { $0 == 0 }
  }

  private func isIntact(_ start: Int) -> Bool {
    guard start + Self.headerBytes <= bytes.count else { return false }
    let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self))
    let end = start + Self.headerBytes + lengthOfFragment(at: start)
    guard end <= bytes.count else { return false }
    var checksum = CRC32C()
    checksum.update(UnsafeRawBufferPointer(rebasing: bytes[(start + 6)..<end]))
    return checksum.masked == stored
  }
}
