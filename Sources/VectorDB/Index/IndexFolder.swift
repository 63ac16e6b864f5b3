import Crypto
import Glibc
import Logging
import PointModel
import Synchronization
import VectorIndex

/// The saved indexes of a database: one file for each vector that has one or lists of its own, and
/// one for a calibration that is newer. See <doc:IndexFormat>.
///
/// What is here is derived: a file that is missing or can't be used costs a build and nothing else.
final class IndexFolder: Sendable {
  private let path: String

  init(database: String) {
    path = database + "/index"
  }

  /// Saves an index with its calibration.
  func save(
    _ index: any VectorFieldIndex, collection: UInt32, vector: UInt16
  ) throws(CollectionError) {
    // The one that is there may be older than what the index has.
    try SnapshotFile.remove(file(collection, vector, .calibration))
    let header = IndexFileHeader(.index, collection: collection, vector: vector)
    try write(header) { sink in try index.serialize(to: sink) }
  }

  /// Saves a calibration beside the index, which is much larger and stays as it was saved.
  func saveCalibration(
    _ index: any VectorFieldIndex, collection: UInt32, vector: UInt16
  ) throws(CollectionError) {
    let header = IndexFileHeader(.calibration, collection: collection, vector: vector)
    try write(header) { sink in try index.serializeCalibration(to: sink) }
  }

  /// Saves the lists that a field has made by itself.
  ///
  /// - Returns: the rows that are in them: those below this offset.
  func saveLists(
    of field: any VectorField, collection: UInt32
  ) throws(CollectionError) -> UInt32 {
    var covered: UInt32 = 0
    let header = IndexFileHeader(.lists, collection: collection, vector: field.number)
    try write(header) { sink in covered = try field.serializeLists(to: sink) }
    return covered
  }

  /// Writes a file aside, makes it durable, and puts it in the place of the old one.
  private func write(
    _ header: IndexFileHeader,
    _ content: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws(CollectionError) {
    try SnapshotFile.createDirectory(path)
    let final = file(header.collection, header.vector, header.kind)
    let temporary = final + ".new"
    try SnapshotFile.remove(temporary)
    do {
      let writer = IndexFileWriter(try SnapshotFile.create(temporary))
      try writer.write(header.bytes)
      try content { try writer.write($0) }
      try writer.finish()
    } catch let error as CollectionError {
      unlink(temporary)
      throw error
    } catch {
      unlink(temporary)
      throw .storage(String(describing: error))
    }
    try SnapshotFile.rename(temporary, to: final)
    try SnapshotFile.syncDirectory(path)
  }

  /// Removes files that belong to none of `collections`.
  func removeAll(except collections: some Sequence<PointCollection>) {
    guard let names = try? SnapshotFile.names(in: path) else { return }
    var unused = Set(names)
    for collection in collections {
      for field in collection.fields {
        for kind in IndexFileHeader.Kind.allCases {
          unused.remove(Self.name(collection.number, field.number, kind))
        }
      }
    }
    for name in unused { unlink(path + "/" + name) }
  }

  /// Loads the indexes of a collection, and removes files that are of no use. Blocking.
  func load(_ collection: PointCollection, logger: Logger) {
    for field in collection.fields {
      load(.index, of: field, collection, logger) { reader in
        let lists = collection.config.ivfLists
        let index = try field.loadIndex(lists: lists) { try reader.read(into: $0) }
        try reader.finish()
        let covered = index.coveredRows
        try check(covered, of: collection)
        field.indexSlot.install(
          index, configuredLists: lists, builtVectors: index.trainedRows, savedRows: covered)
        loadCalibration(of: field, collection, logger: logger)
      }
      load(.lists, of: field, collection, logger) { reader in
        let covered = try field.loadLists(
          reading: { try reader.read(into: $0) },
          accepting: { covered in
            try reader.finish()
            try check(covered, of: collection)
          })
        field.indexSlot.withState { $0.savedRows = covered }
      }
    }
  }

  /// Has `use` read a file if there is one, which is removed if it is of no use.
  private func load(
    _ kind: IndexFileHeader.Kind, of field: any VectorField, _ collection: PointCollection,
    _ logger: Logger, _ use: (IndexFileReader) throws -> Void
  ) {
    let file = file(collection.number, field.number, kind)
    guard access(file, F_OK) == 0 else { return }
    do {
      try use(reader(of: kind, field, collection))
    } catch {
      let reason = (error as? DamagedIndex)?.reason ?? String(describing: error)
      field.indexSlot.withState { $0.problem = reason }
      logger.warning(
        "a saved index can't be used and is built anew",
        metadata: [
          "collection": "\(collection.name)", "vector": "\(field.name)", "reason": "\(reason)",
        ])
      unlink(file)
    }
  }

  /// Checks that a collection has the rows that an index covers.
  private func check(_ covered: UInt32, of collection: PointCollection) throws(DamagedIndex) {
    let nextOffset = collection.state.withLock { $0.counters.nextOffset }
    // Rows that were lost with an unsynced log may come back as others under the same offset.
    if covered > nextOffset {
      throw DamagedIndex(reason: "it covers \(covered) rows of \(nextOffset)")
    }
  }

  /// Has an index that was loaded go by the calibration that was saved after it.
  private func loadCalibration(
    of field: any VectorField, _ collection: PointCollection, logger: Logger
  ) {
    let file = file(collection.number, field.number, .calibration)
    guard access(file, F_OK) == 0, let index = field.indexSlot.index else { return }
    do {
      let reader = try reader(of: .calibration, field, collection)
      try index.loadCalibration { try reader.read(into: $0) }
      try reader.finish()
    } catch {
      logger.warning(
        "a saved calibration can't be used; the index has the one before",
        metadata: [
          "collection": "\(collection.name)", "vector": "\(field.name)", "reason": "\(error)",
        ])
      unlink(file)
    }
  }

  /// A reader behind the header.
  private func reader(
    of kind: IndexFileHeader.Kind, _ field: any VectorField, _ collection: PointCollection
  ) throws -> IndexFileReader {
    let reader = try IndexFileReader(path: file(collection.number, field.number, kind))
    let expected = IndexFileHeader(
      kind, collection: collection.number, vector: field.number
    ).bytes
    var header = [UInt8](repeating: 0, count: expected.count)
    try header.withUnsafeMutableBytes { try reader.read(into: $0) }
    guard header == expected else { throw DamagedIndex(reason: "it is a file of something else") }
    return reader
  }

  private func file(
    _ collection: UInt32, _ vector: UInt16, _ kind: IndexFileHeader.Kind
  ) -> String {
    path + "/" + Self.name(collection, vector, kind)
  }

  private static func name(
    _ collection: UInt32, _ vector: UInt16, _ kind: IndexFileHeader.Kind
  ) -> String {
    "\(collection)-\(vector)." + kind.suffix
  }
}

/// The first bytes of a file: what it is, and whose.
struct IndexFileHeader {
  /// What a file is.
  enum Kind: String, CaseIterable {
    case index = "quiver index"
    case calibration = "quiver reach"
    case lists = "quiver lists"

    fileprivate var suffix: String {
      switch self {
      case .index: "ivf"
      case .calibration: "reach"
      case .lists: "lists"
      }
    }
  }

  static let format: UInt32 = 1
  let kind: Kind
  let collection: UInt32
  let vector: UInt16

  init(_ kind: Kind, collection: UInt32, vector: UInt16) {
    self.kind = kind
    self.collection = collection
    self.vector = vector
  }

  var bytes: [UInt8] {
    var bytes = Array(kind.rawValue.utf8)
    for word in [Self.format, collection, UInt32(vector)] {
      withUnsafeBytes(of: word.littleEndian) { bytes += $0 }
    }
    return bytes
  }
}

/// Gathers pieces into large writes and adds up their checksum.
private final class IndexFileWriter {
  private static let bufferBytes = 1 << 20
  private let file: SnapshotFile
  private var buffer: [UInt8] = []
  private var checksum = SHA256()

  init(_ file: SnapshotFile) {
    self.file = file
    buffer.reserveCapacity(Self.bufferBytes)
  }

  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    checksum.update(bufferPointer: bytes)
    if bytes.count >= Self.bufferBytes {
      try flush()
      try file.write(bytes)
      return
    }
    buffer += bytes
    if buffer.count >= Self.bufferBytes { try flush() }
  }

  func finish() throws {
    buffer += Array(checksum.finalize())
    try flush()
    try file.sync()
  }

  private func flush() throws {
    try file.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Hands out the content of a file piece by piece, after its checksum was found to be right: what
/// is read can be believed.
private final class IndexFileReader {
  private static let bufferBytes = 1 << 20
  private let file: SnapshotFile
  /// Bytes before the checksum that were not handed out.
  private var rest: Int
  private var buffer: [UInt8] = []
  private var position = 0

  init(path: String) throws {
    rest = try Self.checkedLength(of: SnapshotFile.read(path))
    file = try SnapshotFile.read(path)
  }

  private static func checkedLength(of file: SnapshotFile) throws -> Int {
    let length = try file.size() - SHA256.byteCount
    guard length > 0 else { throw DamagedIndex(reason: "it ends early") }
    var checksum = SHA256()
    var rest = length
    while rest > 0 {
      let bytes = try file.read(maximumCount: min(rest, bufferBytes))
      if bytes.isEmpty { throw DamagedIndex(reason: "it ends early") }
      checksum.update(data: bytes)
      rest -= bytes.count
    }
    guard try file.read(exactly: SHA256.byteCount) == Array(checksum.finalize()) else {
      throw DamagedIndex(reason: "its checksum is wrong")
    }
    return length
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < target.count {
      if position == buffer.count {
        buffer = try file.read(maximumCount: min(rest, Self.bufferBytes))
        position = 0
        rest -= buffer.count
        if buffer.isEmpty { throw DamagedIndex(reason: "it ends early") }
      }
      let count = min(target.count - done, buffer.count - position)
      buffer.withUnsafeBytes { bytes in
        let part = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count]).copyMemory(from: part)
      }
      position += count
      done += count
    }
  }

  /// Checks that everything was read.
  func finish() throws {
    guard rest == 0, position == buffer.count else {
      throw DamagedIndex(reason: "something follows its end")
    }
  }
}
