import FastJSON
import Logging
import PointModel
import Storage
import Synchronization

/// The collections of a database, by name and by alias, in memory and in the `meta` family.
///
/// Lookups come from any task; changes from the committer's thread only.
final class Catalog: Sendable {
  let core: DatabaseCore
  private let logger: Logger
  let state: Mutex<State>

  struct State {
    var collections: [String: PointCollection] = [:]
    /// Names of collections by alias; no alias is the name of a collection.
    var aliases: [String: String] = [:]
    var nextNumber: UInt32
  }

  /// Reads the catalogue; the rows of its collections are still to be loaded. Blocking.
  init(core: DatabaseCore, logger: Logger) throws(DatabaseError) {
    self.core = core
    self.logger = logger
    let loader = CatalogLoader(core: core)
    let next = try loader.nextNumber()
    var collections: [String: PointCollection] = [:]
    for (number, entry) in try loader.entries() {
      let collection: PointCollection
      do throws(DatabaseError) {
        collection = PointCollection(
          entry: entry, number: number, core: core, counters: try loader.counters(number),
          phase: .loading)
      } catch {
        collection = PointCollection(
          entry: entry, number: number, core: core, counters: CollectionCounters(),
          phase: .quarantined(reason: error.reason))
      }
      collections[collection.name] = collection
    }
    try OrphanRanges(core: core).removeAll(
      except: Set(collections.values.map(\.number)), logger: logger)
    let aliases = try loader.aliases().filter { collections[$0.value] != nil }
    self.state = Mutex(State(collections: collections, aliases: aliases, nextNumber: next))
  }

  func collection(named name: String) throws(CollectionError) -> PointCollection {
    let collection = state.withLock { state in
      state.collections[name] ?? state.aliases[name].flatMap { state.collections[$0] }
    }
    guard let collection else { throw .collectionNotFound(name) }
    return collection
  }

  var all: [PointCollection] {
    state.withLock { Array($0.collections.values) }.sorted { $0.name < $1.name }
  }

  /// Every collection, in no order: nothing is sorted or copied.
  var unordered: some Sequence<PointCollection> {
    state.withLock { $0.collections }.values
  }

  func create(_ name: String, _ config: CollectionConfig) throws(CollectionError) {
    let (exists, isAlias, count, number) = state.withLock {
      ($0.collections[name] != nil, $0.aliases[name] != nil, $0.collections.count, $0.nextNumber)
    }
    if exists { throw .collectionExists(name) }
    if isAlias { throw Self.takenByAlias(name) }
    try config.checkVectorKinds()
    guard count < core.options.limits.collectionsMax else {
      throw .wrongInput("the limit of \(core.options.limits.collectionsMax) collections is reached")
    }
    guard number < UInt32.max - 1 else { throw .outOfSpace("all collection numbers are used") }
    let entry = CatalogEntry(name: name, config: config)
    var next: [UInt8] = []
    next.appendBigEndian(number + 1)
    var batch = WriteBatch()
    batch.put(key: KeyLayout.nextCollectionKey, value: next, in: KeyLayout.meta)
    batch.put(key: KeyLayout.catalogEntry(number), value: entry.encoded(), in: KeyLayout.meta)
    batch.put(
      key: KeyLayout.counters(number), value: CollectionCounters().encoded(), in: KeyLayout.meta)
    let sequence = try write(batch)
    let collection = PointCollection(
      entry: entry, number: number, core: core, counters: CollectionCounters())
    state.withLock { state in
      state.collections[name] = collection
      state.nextNumber = number + 1
    }
    core.publish(sequence: sequence)
    warnIfTight(collection)
  }

  static func takenByAlias(_ name: String) -> CollectionError {
    .wrongInput(
      "Can't create collection with name \(name). Alias with the same name already exists")
  }

  func update(_ name: String, _ change: CollectionConfigChange) throws(CollectionError) {
    let collection = try collection(named: name)
    var config = collection.config
    do {
      try config.apply(change)
    } catch {
      throw CollectionError(error)
    }
    var entry = collection.catalogEntry
    entry.config = config
    var batch = WriteBatch()
    batch.put(
      key: KeyLayout.catalogEntry(collection.number), value: entry.encoded(), in: KeyLayout.meta)
    core.publish(sequence: try write(batch))
    collection.state.withLock { $0.config = config }
    if !change.strictMode.isEmpty { collection.configureRates() }
  }

  /// Removes a collection; `false` when there is none of that name.
  func delete(_ name: String) throws(CollectionError) -> Bool {
    guard let collection = state.withLock({ $0.collections[name] }) else { return false }
    let number = collection.number
    // A collection that never had a row has nothing to delete.
    let isEmpty = collection.state.withLock {
      $0.counters.nextOffset == 0 && $0.phase == .ready
    }
    var batch = WriteBatch()
    batch.delete(key: KeyLayout.catalogEntry(number), in: KeyLayout.meta)
    batch.delete(key: KeyLayout.counters(number), in: KeyLayout.meta)
    let aliases = aliases.filter { $0.collection == name }
    for alias in aliases { batch.delete(key: KeyLayout.alias(alias.name), in: KeyLayout.meta) }
    if !isEmpty {
      let range = KeyLayout.range(of: number)
      for family in KeyLayout.pointFamilies {
        batch.deleteRange(from: range.lower, upTo: range.upper, in: family)
      }
      batch.put(key: KeyLayout.dropped(number), value: [], in: KeyLayout.meta)
    }
    let sequence = try write(batch)
    state.withLock { state in
      state.collections[name] = nil
      for alias in aliases { state.aliases[alias.name] = nil }
    }
    collection.state.withLock { $0.isDropped = true }
    collection.progress.ring()
    // Readers from now on need nothing of the collection, so its space can be given back.
    core.publish(sequence: sequence)
    if !isEmpty { core.droppedCollections.add(number) }
    return true
  }

  /// Says early that a new collection will soon be refused points: no size is declared beyond the
  /// dimensions, so a thousand points stand for a collection worth having.
  private func warnIfTight(_ collection: PointCollection) {
    let points = 1000
    var growth = RowGrowth()
    growth.memory = points * collection.bytesPerRow
    growth.disk = points * collection.bytesPerRow
    if let obstacle = core.memory.obstacle(to: growth) {
      logger.warning(
        "there is no room for \(points) points in a new collection",
        metadata: ["collection": "\(collection.name)", "reason": "\(obstacle)"])
    }
  }

  /// Writes a change durably as a commit of its own, which the caller publishes.
  ///
  /// - Returns: its number.
  func write(_ batch: borrowing WriteBatch) throws(CollectionError) -> UInt64 {
    let sequence = core.sequence + 1
    do throws(StorageError) {
      try core.store.write(sync: true) { gathered throws(StorageError) in
        try gathered.append(batch)
        try gathered.append(KeyLayout.appliedRecord(sequence))
      }
    } catch {
      throw CollectionError(error)
    }
    return sequence
  }
}
