public import PointModel
import Storage
import Synchronization

extension Database {
  /// Adds a vector to a collection, or drops one with all its rows, while it is read and written:
  /// readers that have begun go on as they did. What is there already, or gone, stays so.
  ///
  /// - Returns: the number of the operation.
  public func changeVectors(
    of name: String, _ change: VectorNameChange
  ) async throws(CollectionError) -> UInt64 {
    await catalog.awaitLoading(of: name)
    if case .add = change { try collection(named: name).checkGrowth() }
    let answer = try await core.change(.change(.vectors(collection: name, change)))
    noteDropped(change)
    return answer.number
  }

  /// Has the saved index of a dropped vector removed.
  func noteDropped(_ change: VectorNameChange) {
    if case .remove = change { core.indexQueue.noteDropped() }
  }
}

extension Catalog {
  fileprivate func awaitLoading(of name: String) async {
    await (try? collection(named: name))?.awaitLoading()
  }

  /// Changes which vectors a collection has. Answered with the number of the operation.
  func planVectors(
    _ name: String, _ change: VectorNameChange, _ origin: ChangeOrigin
  ) throws(CollectionError) -> CatalogPlan {
    let collection = try collection(named: name)
    if let obstacle = PointCollection.obstacle(name, collection.phase) { throw obstacle }
    var entry = collection.catalogEntry
    do {
      try entry.config.apply(change)
    } catch {
      throw CollectionError(error)
    }
    var plan = CatalogPlan()
    let isSame = entry.config == collection.config
    var lease: MemoryLease?
    if case .add = change, !isSame {
      try checkVectorCount(of: entry.config)
      lease = try self.lease(CollectionMemory.fieldBytes, isRefused: origin.isCaller)
    }
    var dropped: DroppedVector?
    switch change {
    case .add(let vector, _):
      if !isSame { try number(vector, in: &entry) }
      if origin.isCaller { try checkSize(of: entry) }
    case .remove(let vector):
      dropped = entry.vectorNumbers.remove(vector).map {
        DroppedVector(collection: collection.number, number: $0)
      }
    }
    let (number, counters) = collection.takeOperation()
    plan.answer.number = number
    if isSame { return plan }
    Self.put(entry, counters, of: collection.number, &plan.batch)
    if let dropped {
      let range = dropped.range
      plan.batch.deleteRange(from: range.lower, upTo: range.upper, in: range.family)
      plan.batch.put(key: dropped.record, value: [], in: KeyLayout.meta)
    }
    plan.effect = .vectors(collection: collection.name, change)
    let changed = entry
    plan.publish = { collection.install(changed, at: $0) }
    let held = lease
    plan.release = { [core] in
      held?.release()
      if let dropped {
        core.droppedRecords.add(dropped)
        collection.deadRows.forget(dropped.number)
      }
      // Writers may wait for an index of a field that is gone.
      collection.progress.ring()
    }
    return plan
  }

  /// Gives a new vector of a collection its number.
  private func number(
    _ vector: String, in entry: inout CatalogEntry
  ) throws(CollectionError) {
    entry.vectorNumbers.add([vector])
    if entry.vectorNumbers[vector] == nil {
      throw .outOfSpace("all vector numbers of collection `\(entry.name)` are used")
    }
  }
}

extension PointCollection {
  /// Takes the number of an operation that is no change of points.
  fileprivate func takeOperation() -> (number: UInt64, counters: CollectionCounters) {
    state.withLock { state in
      let number = state.counters.nextOperation
      state.counters.nextOperation += 1
      return (number, state.counters)
    }
  }

  /// Has readers from commit `sequence` on see the vectors of `entry`.
  fileprivate func install(_ entry: CatalogEntry, at sequence: UInt64) {
    let present = fieldSet
    let fieldSet = FieldSet(of: entry, collection: number, keeping: present.all)
    for field in fieldSet.all where !present.contains(field) { deadRows.begin(field, in: self) }
    change { state in
      state.config = entry.config
      state.fieldSet = fieldSet
      state.sequence = sequence
      state.moves = RowMoves(since: sequence)
    }
  }
}
