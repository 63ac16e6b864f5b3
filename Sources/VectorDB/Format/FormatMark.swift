import Storage

/// The file `FORMAT` of a data directory: the format of its data, for releases that are older than
/// whoever wrote these. RocksDB changes files by opening them, so the number that is among the data
/// tells too late.
///
/// A release with a new format writes the mark, durably, before anything else in that format. The
/// number among the data decides where there is no mark that can be read.
struct FormatMark {
  let directory: String

  private var path: String { directory + "/FORMAT" }

  /// The number and its checksum, CRC-32C in hexadecimal digits.
  static func text(_ format: Int) -> [UInt8] {
    let number = String(format)
    var checksum = CRC32C()
    Array(number.utf8).withUnsafeBytes { checksum.update($0) }
    return Array("\(number) \(String(checksum.value, radix: 16))\n".utf8)
  }

  /// The format that the mark tells; `nil` where there is none, or a damaged one. Blocking.
  func read() -> Int? {
    let longest = Self.text(.max).count
    guard let bytes = try? SnapshotFile.read(path).read(maximumCount: longest + 1) else {
      return nil
    }
    let number = String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
    guard let format = Int(number), Self.text(format) == bytes else { return nil }
    return format
  }

  /// Refuses a directory of a newer release, of which nothing else has been opened. Blocking.
  ///
  /// - Throws: ``DatabaseError/newerFormat(found:supported:)``.
  func check() throws(DatabaseError) {
    guard let found = read(), found > KeyLayout.format else { return }
    throw .newerFormat(found: found, supported: KeyLayout.format)
  }

  /// Marks a directory with this release's format, unless it is marked so. Blocking.
  ///
  /// A disk that is full is no reason not to open what is there, so failures leave no mark.
  func write() {
    if read() == KeyLayout.format { return }
    let part = path + ".part"
    do throws(CollectionError) {
      try SnapshotFile.remove(part)
      let file = try SnapshotFile.create(part)
      try file.write(Self.text(KeyLayout.format))
      try file.sync()
      try SnapshotFile.rename(part, to: path)
      try SnapshotFile.syncDirectory(directory)
    } catch {
      _ = try? SnapshotFile.remove(part)
    }
  }
}
