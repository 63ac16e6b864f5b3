import Storage
import Synchronization
import VectorIndex

/// Fills a collection's rows from the store when a database is opened or a snapshot recovered.
struct CollectionLoader {
  private let collection: PointCollection
  private let flag: CancellationFlag?

  /// Rows between two looks at the flag.
  private static let rowsPerLook = 4096

  /// - Parameter flag: ends the work early, with an error.
  init(_ collection: PointCollection, flag: CancellationFlag? = nil) {
    self.collection = collection
    self.flag = flag
  }

  func load() throws(DatabaseError) {
    do {
      try loadVisibility()
      for field in collection.fields { try loadVectors(field) }
    } catch {
      throw DatabaseError(opening: error)
    }
  }

  private func loadVisibility() throws {
    let range = KeyLayout.range(of: collection.number)
    let rowCount = collection.state.withLock { $0.counters.nextOffset }
    var isLive = [Bool](repeating: false, count: Int(rowCount))
    var live = 0
    var iterator = try collection.core.store.scan(
      in: KeyLayout.ids, from: range.lower, upTo: range.upper, fillCache: false)
    while try iterator.next() {
      let location = try PointLocation(iterator.value)
      guard location.offset < rowCount, !isLive[Int(location.offset)] else {
        throw damaged("an id leads to offset \(location.offset), which is not its own")
      }
      isLive[Int(location.offset)] = true
      let key = UnsafeRawBufferPointer(rebasing: iterator.key.dropFirst(4))
      guard let (id, _) = KeyLayout.id(in: key) else { throw damaged("the key of an id is none") }
      collection.identities.insert(
        location.offset, RowIdentity(id: id, version: location.version))
      collection.visibility.insert(location.offset, born: 0)
      live += 1
      try look(live)
    }
    let count = live
    collection.state.withLock { $0.liveCount = count }
    for (offset, isLive) in isLive.enumerated() where !isLive {
      collection.deadRows.count(UInt32(offset), in: collection)
    }
  }

  private func loadVectors(_ field: any VectorField) throws {
    if let field = field as? DenseField, field.isOnDisk {
      return try FiledLoading(collection, field) { [flag] in flag?.isCancelled == true }.run()
    }
    let rowCount = collection.state.withLock { $0.counters.nextOffset }
    let lower = KeyLayout.vector(collection.number, field.number, 0)
    let upper = KeyLayout.vector(collection.number, field.number, .max)
    var iterator = try collection.core.store.scan(
      in: KeyLayout.vectors, from: lower, upTo: upper, fillCache: false)
    let format = field.format
    var count = 0
    while try iterator.next() {
      guard let offset = iterator.key.readBigEndian(UInt32.self, at: 6), offset < rowCount,
        format.fits(iterator.value)
      else { throw damaged("a vector of `\(field.name)` has a wrong key or length") }
      field.place(stored: iterator.value, at: offset)
      count += 1
      try look(count)
    }
  }

  private func look(_ count: Int) throws {
    if count % Self.rowsPerLook == 0, flag?.isCancelled == true {
      throw DatabaseError.io("the database is being closed")
    }
  }

  private func damaged(_ reason: String) -> DatabaseError { .damaged(reason) }
}
