import Storage

/// Packs a whole data directory into one file, and unpacks it. Its calls block.
enum DatabaseArchive {
  private static let restoring = ".restoring"

  /// Packs the store as of now: a checkpoint of it, made at `scratch` and removed again.
  ///
  /// - Returns: the SHA-256 of the file in hex.
  static func write(
    _ store: KeyValueStore, to file: SnapshotFile, scratch: String, flag: CancellationFlag,
    progress: SnapshotProgress
  ) throws(CollectionError) -> String {
    defer { SnapshotFile.removeDirectory(scratch) }
    do throws(StorageError) {
      try store.checkpoint(at: scratch)
    } catch {
      throw CollectionError(error)
    }
    var writer = try SnapshotWriter(
      to: file, manifest: .database(storageFormat: KeyLayout.format))
    var totals = SnapshotTotals()
    let names = try SnapshotFile.names(in: scratch) ?? []
    for (index, name) in names.enumerated() {
      let source = try SnapshotFile.read(scratch + "/" + name)
      let size = try source.size()
      progress.note(index, of: names.count)
      var head: [UInt8] = []
      head.appendBigEndian(UInt64(size))
      try writer.write(.file, head + Array(name.utf8))
      var rest = size
      while rest > 0 {
        if flag.isCancelled { throw .shuttingDown }
        guard let bytes = try source.read(exactly: min(rest, SnapshotFrame.bodyBytes)) else {
          throw .storage("\(source.path) became shorter while it was read")
        }
        try writer.write(.content, bytes)
        rest -= bytes.count
      }
      totals.items += 1
      totals.parts += UInt64(size)
    }
    return try writer.finish(totals)
  }

  /// Unpacks a snapshot into `directory`, which must be missing or empty.
  static func restore(_ path: String, into directory: String) throws(CollectionError) {
    let names = try SnapshotFile.names(in: directory) ?? []
    if let name = names.first(where: { $0 != restoring && $0 != "lost+found" }) {
      throw .wrongInput(
        "\(directory) is not empty, it has \(name): a snapshot is restored into an empty one only")
    }
    let scratch = directory + "/" + restoring
    SnapshotFile.removeDirectory(scratch)
    let verified = try SnapshotReader.verify(path, flag: CancellationFlag())
    guard case .database(let format) = verified.manifest else {
      throw .badRequest("\(path) is a snapshot of one collection, which a running server recovers")
    }
    guard format <= KeyLayout.format else {
      throw .badRequest("\(path) has storage format \(format), which is newer than this release")
    }
    try SnapshotFile.createDirectory(scratch)
    let files = try unpack(path, into: scratch)
    guard files.contains("CURRENT") else { throw .damagedSnapshot("it has no CURRENT file") }
    try SnapshotFile.syncDirectory(scratch)
    for name in files where name != "CURRENT" {
      try SnapshotFile.rename(scratch + "/" + name, to: directory + "/" + name)
    }
    try SnapshotFile.syncDirectory(directory)
    // From here on the directory holds a database.
    try SnapshotFile.rename(scratch + "/CURRENT", to: directory + "/CURRENT")
    try SnapshotFile.syncDirectory(directory)
    SnapshotFile.removeDirectory(scratch)
  }

  private static func unpack(
    _ path: String, into directory: String
  ) throws(CollectionError) -> [String] {
    var reader = try SnapshotReader(try SnapshotFile.read(path))
    var names: [String] = []
    var target: SnapshotFile?
    var missing: UInt64 = 0
    while let frame = try reader.next() {
      switch frame.kind {
      case .file:
        guard missing == 0 else { throw .damagedSnapshot("a file in it is incomplete") }
        try target?.sync()
        let (name, size) = try head(frame.body)
        names.append(name)
        missing = size
        target = try SnapshotFile.create(directory + "/" + name)
      case .content:
        guard let target, UInt64(frame.body.count) <= missing else {
          throw .damagedSnapshot("a file in it is longer than it says")
        }
        try target.write(frame.body)
        missing -= UInt64(frame.body.count)
      case .manifest, .points, .end: throw .damagedSnapshot("it holds more than files")
      }
    }
    guard missing == 0, reader.totals?.items == UInt64(names.count) else {
      throw .damagedSnapshot("a file in it is incomplete")
    }
    try target?.sync()
    return names
  }

  /// A file's name and size. A name is never a path.
  private static func head(
    _ body: [UInt8]
  ) throws(CollectionError) -> (name: String, size: UInt64) {
    let size = body.withUnsafeBytes { $0.readBigEndian(UInt64.self, at: 0) }
    let letters = body.dropFirst(8)
    let isName = letters.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard let size, isName, let first = letters.first, first != UInt8(ascii: ".") else {
      throw .damagedSnapshot("a file in it has a strange name")
    }
    return (String(decoding: letters, as: UTF8.self), size)
  }
}
