import Storage
import Synchronization

extension Catalog {
  /// Takes a collection number and makes it durable, so that no later run hands it out again.
  func reserveNumber() throws(CollectionError) -> UInt32 {
    let number = state.withLock { $0.nextNumber }
    guard number < UInt32.max - 1 else { throw .outOfSpace("all collection numbers are used") }
    var next: [UInt8] = []
    next.appendBigEndian(number + 1)
    var batch = WriteBatch()
    batch.put(key: KeyLayout.nextCollectionKey, value: next, in: KeyLayout.meta)
    core.publish(sequence: try write(batch))
    state.withLock { $0.nextNumber = number + 1 }
    return number
  }

  /// Puts a collection whose rows are in the store and in memory in the place of the one of its
  /// name, if there is one.
  ///
  /// The rows of the old one stay until nobody reads them: removing them is the caller's.
  func replace(with collection: PointCollection) throws(CollectionError) -> PointCollection? {
    let (old, count, isAlias) = state.withLock {
      (
        $0.collections[collection.name], $0.collections.count,
        $0.aliases[collection.name] != nil
      )
    }
    if isAlias { throw Self.takenByAlias(collection.name) }
    if let old {
      try old.requireSameVectors(as: collection.config)
    } else if count >= core.options.limits.collectionsMax {
      throw .wrongInput("the limit of \(core.options.limits.collectionsMax) collections is reached")
    }
    let entry = collection.catalogEntry
    let number = collection.number
    let counters = collection.state.withLock { $0.counters }
    var batch = WriteBatch()
    if let old {
      batch.delete(key: KeyLayout.catalogEntry(old.number), in: KeyLayout.meta)
      batch.delete(key: KeyLayout.counters(old.number), in: KeyLayout.meta)
    }
    batch.put(key: KeyLayout.catalogEntry(number), value: entry.encoded(), in: KeyLayout.meta)
    batch.put(key: KeyLayout.counters(number), value: counters.encoded(), in: KeyLayout.meta)
    // Readers find the collection only once there is a view of the store that has its keys.
    core.publish(sequence: try write(batch))
    state.withLock { $0.collections[collection.name] = collection }
    old?.state.withLock { $0.successor = collection }
    return old
  }
}
