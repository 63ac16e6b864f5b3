import FileMapping
import Glibc

/// The write-ahead logs of a closed store, in the order in which they were written.
///
/// Every record begins with the number of its first change (u64) and how many changes it has (u32),
/// both little-endian, and changes are numbered without gaps. So a log that is missing, and records
/// that are missing within or at the end of one, are found without a look at what they hold.
struct LogSequence {
  /// Where the logs cease to be complete.
  struct Gap {
    /// The number of the first change that is missing.
    let sequence: UInt64
    /// The log in which the records before the gap end, and where.
    let log: UInt64
    let offset: Int
  }

  /// The numbers of the logs, ascending.
  let numbers: [UInt64]
  /// The first change that could be read, and the first after the last one without a gap.
  private(set) var first: UInt64?
  private(set) var next: UInt64?
  /// The first gap that something readable follows.
  private(set) var gap: Gap?
  /// Whether the newest log holds a record.
  private(set) var newestHasRecords = false

  /// Walks over the logs in `directory` from number `oldest` on.
  ///
  /// - Parameter verifies: whether checksums are compared. Then damage within a record is a gap
  ///   even if nothing follows.
  init(in directory: StoreDirectory, from oldest: UInt64, verifies: Bool) throws(StorageError) {
    numbers = try directory.logNumbers().filter { $0 >= oldest }
    for number in numbers {
      newestHasRecords = false
      guard let file = try? MappedFile(path: directory.path(ofLog: number)) else {
        throw .io("\(directory.path(ofLog: number)) can't be read")
      }
      walk(file, number, verifies)
      if gap != nil { return }
    }
  }

  /// A number whose least significant byte comes first.
  static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func walk(_ file: MappedFile, _ number: UInt64, _ verifies: Bool) {
    var reader = LogReader(file.bytes, verifies: verifies)
    var end = 0
    while let fragments = reader.next() {
      // A block may end within the first bytes.
      let head = Array(fragments.lazy.joined().prefix(12))
      guard head.count == 12 else { continue }
      let sequence = Self.number(head[..<8])
      let count = Self.number(head[8...])
      if let next, sequence > next || (reader.skipped && verifies) {
        gap = Gap(sequence: next, log: number, offset: end)
        return
      }
      newestHasRecords = true
      end = reader.recordEnd
      // A record without changes only tells where a log begins.
      if count == 0 { continue }
      first = first ?? sequence
      next = max(next ?? 0, sequence &+ count)
    }
    if verifies, reader.skipped {
      gap = Gap(sequence: next ?? 0, log: number, offset: end)
    }
  }
}
