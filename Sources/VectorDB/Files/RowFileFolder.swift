import Glibc
import Logging
import PointModel
import Storage
import Synchronization
import VectorIndex

/// The files of vectors that stay on disk, and what they are read through. See <doc:StorageFormat>.
///
/// What is here is derived: a file that is missing or can't be used costs a look at the store and
/// nothing else.
final class RowFileFolder: Sendable {
  private let path: String
  private let store: KeyValueStore
  /// What all files are read through.
  let reads: PageReads
  /// Collections that have files before the catalogue knows them.
  private let pending = Mutex<[UInt32: WeakCollection]>([:])

  private struct WeakCollection: Sendable {
    weak var collection: PointCollection?
  }

  /// - Parameter cacheBytes: bytes of pages that are kept in memory, at most.
  init(database: String, store: KeyValueStore, cacheBytes: Int) {
    path = database + "/vectors"
    self.store = store
    reads = PageReads(cacheBytes: cacheBytes)
  }

  /// A file that is there, by its name.
  struct Entry {
    let collection: UInt32
    let vector: UInt16
    let rows: Range<UInt32>
    let path: String
  }

  // MARK: Names

  private static let suffix = ".rows"

  /// Where the file is that stands for `rows`.
  func file(_ collection: UInt32, _ vector: UInt16, _ rows: Range<UInt32>) -> String {
    "\(path)/\(collection)-\(vector)-\(rows.lowerBound)-\(rows.upperBound)\(Self.suffix)"
  }

  private func entry(_ name: String) -> Entry? {
    guard name.hasSuffix(Self.suffix) else { return nil }
    let parts = name.dropLast(Self.suffix.count).split(separator: "-")
    guard parts.count == 4, let collection = UInt32(parts[0]), let vector = UInt16(parts[1]),
      let first = UInt32(parts[2]), let end = UInt32(parts[3]), first < end
    else { return nil }
    return Entry(
      collection: collection, vector: vector, rows: first..<end, path: path + "/" + name)
  }

  private var names: [String] { (try? SnapshotFile.names(in: path)) ?? [] }

  /// The files of one vector: by their first row, of those with the same the greatest first.
  func entries(_ collection: UInt32, _ vector: UInt16) -> [Entry] {
    names.compactMap(entry).filter { $0.collection == collection && $0.vector == vector }
      .sorted {
        ($0.rows.lowerBound, $1.rows.upperBound) < ($1.rows.lowerBound, $0.rows.upperBound)
      }
  }

  // MARK: Files

  /// Notes a collection that is being filled.
  func begin(_ collection: PointCollection) {
    pending.withLock { $0[collection.number] = WeakCollection(collection: collection) }
  }

  /// Opens the file at `path`, of rows below `end`; those that are damaged come from the store.
  func open(
    _ path: String, below end: UInt32 = .max, collection: UInt32, vector: UInt16
  ) throws(RowFileError) -> RowFile {
    try RowFile(path: path, below: end) { [store] offset, memory in
      let key = KeyLayout.vector(collection, vector, offset)
      let isThere = try? store.withValue(of: key, in: KeyLayout.vectors) { value in
        guard let value, value.count == memory.count else { return false }
        memory.copyMemory(from: value)
        return true
      }
      return isThere ?? false
    }
  }

  /// Writes a file of rows, in the order of `offsets`, and opens it. Blocking.
  ///
  /// The log is synced first: what the file leaves out has to be dead after a power cut, too.
  func write(
    _ offsets: [UInt32], of rows: Range<UInt32>, isInListOrder: Bool, from view: DenseColumnView,
    collection: UInt32, vector: UInt16, shouldStop: () -> Bool
  ) throws(RowFileError) -> RowFile {
    do throws(CollectionError) {
      try SnapshotFile.createDirectory(path)
    } catch {
      throw .system(String(describing: error))
    }
    do throws(StorageError) {
      try store.syncLog()
    } catch {
      throw .system(String(describing: error))
    }
    let header = RowFileHeader(
      collection: collection, vector: vector, codec: view.codec, rows: rows,
      count: offsets.count, isInListOrder: isInListOrder)
    let path = file(collection, vector, rows)
    try DenseColumn.write(header, offsets: offsets, from: view, to: path, shouldStop: shouldStop)
    return try open(path, collection: collection, vector: vector)
  }

  /// Removes files that nobody reads from then on. Those that are open stay readable.
  func remove(_ paths: some Sequence<String>) {
    for path in paths { unlink(path) }
  }

  /// Removes files that belong to none of `collections`, nor to one that is being filled, and those
  /// of vectors that are in memory: a move into memory was cut off.
  func removeAll(except collections: some Sequence<PointCollection>) {
    var used = Set<String>()
    for collection in collections {
      for case let field as DenseField in collection.fields
      where field.isOnDisk || !field.files.isEmpty {
        used.insert("\(collection.number)-\(field.number)")
      }
    }
    let filling = pending.withLock { pending in
      pending = pending.filter { $0.value.collection?.isDropped == false }
      return Set(pending.keys)
    }.subtracting(collections.map(\.number))
    for name in names {
      if let entry = entry(name),
        filling.contains(entry.collection)
          || used.contains("\(entry.collection)-\(entry.vector)")
      {
        continue
      }
      // Files that were not finished are begun anew by whoever wants them.
      if entry(name) == nil, !filling.isEmpty { continue }
      unlink(path + "/" + name)
    }
  }
}
