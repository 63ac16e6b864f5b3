import Storage
import Synchronization

extension Catalog {
  /// Takes a collection number and makes it durable, so that no later run hands it out again.
  func planReservation() throws(CollectionError) -> CatalogPlan {
    let number = try nextNumber()
    var plan = CatalogPlan()
    plan.batch.put(
      key: KeyLayout.nextCollectionKey, value: Self.encoded(number + 1), in: KeyLayout.meta)
    plan.place = { [self] in change { $0.nextNumber = number + 1 } }
    plan.answer.number = UInt64(number)
    return plan
  }

  /// Puts a collection whose rows are in the store and in memory in the place of the one of its
  /// name, if there is one.
  ///
  /// The rows of the old one stay until nobody reads them: removing them is the caller's.
  func planReplacement(
    _ collection: PointCollection, _ checksum: String, _ origin: ChangeOrigin
  ) throws(CollectionError) -> CatalogPlan {
    let collections = latest.collections
    let old = collections[collection.name]
    if latest.aliases[collection.name] != nil { throw Self.takenByAlias(collection.name) }
    if let old {
      try Self.refuse(collection.name, besides: old.name)
      try old.requireSameVectors(as: collection.config)
    } else if origin.isCaller {
      try checkCollectionCount(for: collection.name)
    }
    let counters = collection.state.withLock { $0.counters }
    var plan = CatalogPlan()
    if let old { Self.deleteRecords(of: old.number, &plan.batch) }
    Self.put(collection.catalogEntry, counters, of: collection.number, &plan.batch)
    plan.effect = .recover(collection: collection.name, checksum: checksum)
    plan.answer.removed = old
    // Readers find the collection only once there is a view of the store that has its keys.
    plan.release = { [self] in
      collection.republish()
      change { $0.collections[collection.name] = collection }
      old?.state.withLock { $0.successor = collection }
      core.indexQueue.noteDropped()
    }
    return plan
  }
}
