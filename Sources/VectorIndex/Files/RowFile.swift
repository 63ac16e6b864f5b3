import CRowFiles
import Glibc
import Synchronization

/// A file of rows, open for reading.
///
/// Its table is in memory: 4 bytes for each row that it stands for, 4 for each that it holds, and a
/// checksum for each page. Pages are checked whenever they are read; what a damaged one holds comes
/// from whoever keeps the truth. The file may be removed while it is open.
///
/// SAFETY: the tables are filled in `init` and freed in `deinit`, and only read in between.
public final class RowFile: @unchecked Sendable {
  /// Writes the bytes of a row from where they came from; false if it has none.
  public typealias Truth = @Sendable (UInt32, UnsafeMutableRawBufferPointer) -> Bool

  /// Whose rows it has, and which.
  public let header: RowFileHeader
  /// Where it is, or was when it was opened.
  public let path: String
  let layout: RowFileLayout
  let descriptor: Int32
  /// A number that no other file of this process has had.
  let number: UInt32
  let truth: Truth
  /// The offset of the row at each position.
  let offsets: UnsafeBufferPointer<UInt32>
  private let positions: UnsafeMutablePointer<UInt32>
  private let table: UnsafeMutableRawPointer
  private let damage = Atomic<Bool>(false)

  private static let noPosition = UInt32.max
  private static let numbers = Atomic<UInt32>(1)

  /// Opens the file at `path` and checks everything but its pages.
  ///
  /// - Parameters:
  ///   - end: the rows that there are: a file that says that it stands for more is none of them.
  ///   - truth: where rows come from that can't be read.
  /// - Throws: ``RowFileError`` if it can't be used.
  public init(
    path: String, below end: UInt32 = .max, truth: @escaping Truth
  ) throws(RowFileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? .missing : .system(String(cString: strerror(errno)))
    }
    var isOpen = false
    defer { if !isOpen { close(descriptor) } }
    var start = [UInt8](repeating: 0, count: RowFileHeader.byteCount)
    guard start.withUnsafeMutableBytes({ Self.read($0, descriptor, at: 0) }) else {
      throw .damaged("it ends early")
    }
    let (header, checksum) = try RowFileHeader.read(start)
    guard header.rows.upperBound <= end else {
      throw .damaged("it has rows up to \(header.rows.upperBound) of \(end)")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) == header.fileBytes else {
      throw .damaged("it has another length than it says")
    }
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(4, header.tableBytes), alignment: 64)
    let table = UnsafeMutableRawBufferPointer(rebasing: bytes[..<header.tableBytes])
    let positions = UnsafeMutablePointer<UInt32>.allocate(capacity: header.rows.count)
    positions.initialize(repeating: Self.noPosition, count: header.rows.count)
    let offsets = UnsafeBufferPointer(
      start: UnsafePointer(bytes.bindMemory(to: UInt32.self).baseAddress), count: header.count)
    guard Self.read(table, descriptor, at: header.fileBytes - header.tableBytes),
      RowFileHeader.checksum(UnsafeRawBufferPointer(table)) == checksum,
      Self.enter(offsets, header.rows, positions)
    else {
      bytes.deallocate()
      positions.deallocate()
      throw .damaged("the checksum of its table is wrong")
    }
    // Rows are read one by one, here and there.
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
    isOpen = true
    self.header = header
    self.path = path
    self.descriptor = descriptor
    self.truth = truth
    self.offsets = offsets
    self.positions = positions
    self.table = bytes.baseAddress ?? UnsafeMutableRawPointer(positions)
    layout = header.layout
    number = Self.numbers.wrappingAdd(1, ordering: .relaxed).oldValue
  }

  deinit {
    close(descriptor)
    table.deallocate()
    positions.deallocate()
  }

  private static func enter(
    _ offsets: UnsafeBufferPointer<UInt32>, _ rows: Range<UInt32>,
    _ positions: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    for (position, offset) in offsets.enumerated() {
      guard rows.contains(offset) else { return false }
      let place = positions + Int(offset - rows.lowerBound)
      guard place.pointee == noPosition else { return false }
      place.pointee = UInt32(position)
    }
    return true
  }

  /// Fills `memory` with what the file has from a position on; whether it has so much. In pieces: a
  /// table may be longer than one read can be. Blocking.
  package static func read(
    _ memory: UnsafeMutableRawBufferPointer, _ descriptor: Int32, at position: Int,
    pieceBytes: UInt32 = 1 << 30
  ) -> Bool {
    guard let first = memory.baseAddress else { return true }
    var done = 0
    while done < memory.count {
      let length = UInt32(clamping: min(Int(pieceBytes), memory.count - done))
      var read = rf_read(
        descriptor: descriptor, length: length, offset: UInt64(position + done),
        buffer: first + done, result: 0)
      rf_read_plain(&read, 1)
      guard read.result == Int64(length) else { return false }
      done += Int(length)
    }
    return true
  }

  // MARK: Rows

  /// Where the row at `offset` is; `nil` if the file does not hold it.
  func position(of offset: UInt32) -> Int? {
    guard header.rows.contains(offset) else { return nil }
    let position = positions[Int(offset - header.rows.lowerBound)]
    return position == Self.noPosition ? nil : Int(position)
  }

  /// Calls `body` with the offset of every row that it holds, in the order of the file.
  public func forEachRow(_ body: (UInt32) -> Void) {
    for offset in offsets { body(offset) }
  }

  /// Whether it holds the row at `offset`.
  public func contains(_ offset: UInt32) -> Bool { position(of: offset) != nil }

  /// Whether the row at `offset`, which it holds, is what the truth has. Blocking.
  public func matchesTruth(_ offset: UInt32, reads: PageReads) -> Bool {
    let rowBytes = layout.rowBytes
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * rowBytes, alignment: 64)
    defer { memory.deallocate() }
    guard let first = memory.baseAddress,
      truth(offset, UnsafeMutableRawBufferPointer(start: first + rowBytes, count: rowBytes))
    else { return false }
    let target = FiledRows.Target(offset: offset, memory: first)
    withUnsafePointer(to: target) { target in
      FiledRows([self], reads: reads, rowBytes: rowBytes).read(
        UnsafeBufferPointer(start: target, count: 1), keeps: false)
    }
    return memcmp(first, first + rowBytes, rowBytes) == 0
  }

  // MARK: Pages

  /// Whether the page is what was written.
  func isSound(_ page: Int, _ bytes: UnsafeRawPointer) -> Bool {
    let checksums = table.assumingMemoryBound(to: UInt32.self) + header.count
    return rf_page_checksum(bytes) == checksums[page]
  }

  /// Where a page begins.
  func start(of page: Int) -> UInt64 { UInt64((1 + page) * RowFileLayout.pageBytes) }

  /// Whether a page was found damaged, so that the file should be made anew.
  public var isDamaged: Bool { damage.load(ordering: .relaxed) }

  func noteDamage() { damage.store(true, ordering: .relaxed) }

  // MARK: Sizes

  /// What the table takes in memory, in bytes.
  public var residentBytes: Int { header.tableBytes + 4 * header.rows.count }
  /// Bytes of the file.
  public var fileBytes: Int { header.fileBytes }
}
