import CRowFiles
import Glibc

/// Writes a file of rows: into a file of another name, which takes its place when it is complete
/// and on disk, so that a crash leaves the old one or the new one. Used by one thread; blocking.
struct RowFileWriter: ~Copyable {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private let layout: RowFileLayout
  private var offsets: [UInt32] = []
  private var checksums: [UInt32] = []
  /// Pages that are not written yet, the last of which may not be full.
  private var buffer: [UInt8] = []
  /// The byte behind the last row, counted from the first page of rows.
  private var end = 0
  /// The byte that the buffer begins with.
  private var bufferStart = 0
  private var isFinished = false

  private static let bufferBytes = 1 << 20

  init(path: String, rowBytes: Int) throws(RowFileError) {
    self.path = path
    temporary = path + ".new"
    layout = RowFileLayout(rowBytes: rowBytes)
    unlink(temporary)
    descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(String(cString: strerror(errno))) }
    buffer.reserveCapacity(Self.bufferBytes + RowFileLayout.pageBytes)
  }

  deinit {
    if !isFinished { unlink(temporary) }
    close(descriptor)
  }

  /// Appends a row.
  mutating func append(
    _ offset: UInt32, _ row: UnsafeRawBufferPointer
  ) throws(RowFileError) {
    let start = layout.start(of: offsets.count)
    pad(to: start)
    offsets.append(offset)
    buffer += row
    end = start + row.count
    if buffer.count >= Self.bufferBytes { try flush(buffer.count / RowFileLayout.pageBytes) }
  }

  /// Completes the file and has it take its place.
  mutating func finish(_ header: RowFileHeader) throws(RowFileError) {
    precondition(header.count == offsets.count, "another number of rows than was promised")
    let pages = layout.pageCount(of: offsets.count)
    pad(to: pages * RowFileLayout.pageBytes)
    try flush(buffer.count / RowFileLayout.pageBytes)
    var table: [UInt8] = []
    table.reserveCapacity(header.tableBytes)
    for word in offsets { withUnsafeBytes(of: word.littleEndian) { table += $0 } }
    for word in checksums { withUnsafeBytes(of: word.littleEndian) { table += $0 } }
    try write(table, at: (1 + pages) * RowFileLayout.pageBytes)
    let checksum = table.withUnsafeBytes { RowFileHeader.checksum($0) }
    var start = header.bytes(tableChecksum: checksum)
    start += repeatElement(0, count: RowFileLayout.pageBytes - start.count)
    try write(start, at: 0)
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw .system(String(cString: strerror(errno)))
    }
    isFinished = true
    try Self.syncFolder(of: path)
  }

  private static func syncFolder(of path: String) throws(RowFileError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(descriptor) }
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      throw .system(String(cString: strerror(errno)))
    }
  }

  private mutating func pad(to byte: Int) {
    let missing = byte - bufferStart - buffer.count
    if missing > 0 { buffer += repeatElement(0, count: missing) }
  }

  /// Writes the first pages of the buffer.
  private mutating func flush(_ pages: Int) throws(RowFileError) {
    let bytes = pages * RowFileLayout.pageBytes
    if bytes == 0 { return }
    buffer.withUnsafeBytes { buffer in
      for page in 0..<pages {
        guard let first = buffer.baseAddress else { return }
        checksums.append(rf_page_checksum(first + page * RowFileLayout.pageBytes))
      }
    }
    try write(Array(buffer[..<bytes]), at: RowFileLayout.pageBytes + bufferStart)
    buffer.removeSubrange(..<bytes)
    bufferStart += bytes
  }

  private func write(_ bytes: [UInt8], at position: Int) throws(RowFileError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        bytes.baseAddress.map {
          pwrite(descriptor, $0 + done, bytes.count - done, off_t(position + done))
        } ?? 0
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(String(cString: strerror(errno)))
      }
      done += count
    }
  }
}
