import FastJSON
import Logging
import OutageLogging
import PointModel
import Storage
import Synchronization

/// The collections of a database, by name and by alias, in memory and in the `meta` family.
///
/// Lookups come from any task; changes from the committer's thread only.
final class Catalog: Sendable {
  let core: DatabaseCore
  private let logger: Logger
  private let tightNotes: OutageNotes
  private let state: Mutex<State>
  private let published: AtomicReference<PublishedCatalog>

  struct State {
    var collections: [String: PointCollection] = [:]
    /// Names of collections by alias; no alias is the name of a collection.
    var aliases: [String: String] = [:]
    var nextNumber: UInt32
  }

  /// What readers look names up in. Immutable.
  final class PublishedCatalog: Published {
    let collections: [String: PointCollection]
    let aliases: [String: String]
    private let unsettled = Atomic<Int>(0)

    init(_ state: State) {
      collections = state.collections
      aliases = state.aliases
    }

    /// The collection of a name, not of an alias. Texts that Swift takes for equal and that have
    /// other bytes are other names.
    func collection(named name: String) -> PointCollection? {
      guard let found = collections[name], Catalog.areSame(found.name, name) else { return nil }
      return found
    }

    /// The name of an alias's collection, likewise.
    func collection(ofAlias name: String) -> String? {
      guard let place = aliases.index(forKey: name), Catalog.areSame(aliases[place].key, name)
      else { return nil }
      return aliases[place].value
    }

    func settle(_ claims: Int) -> Int {
      unsettled.add(claims, ordering: .acquiringAndReleasing).newValue
    }
  }

  /// What is there now.
  var latest: PublishedCatalog { published.load() }

  /// Changes what is there. Committer only.
  func change(_ body: (inout State) -> Void) {
    state.withLock { state in
      body(&state)
      published.store(PublishedCatalog(state))
    }
  }

  /// Reads the catalogue; the rows of its collections are still to be loaded. Blocking.
  init(core: DatabaseCore, logger: Logger) throws(DatabaseError) {
    self.core = core
    self.logger = logger
    tightNotes = OutageNotes(
      "there is no room for \(Self.pointsWorthHaving) points in a new collection", logger: logger)
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
    let state = State(collections: collections, aliases: aliases, nextNumber: next)
    self.state = Mutex(state)
    self.published = AtomicReference(PublishedCatalog(state))
    tellUnfinished(try loader.unfinishedUpdates())
  }

  /// Says once which updates did not reach their end, for whoever looks at the collections and in
  /// the log of the service.
  private func tellUnfinished(_ updates: [UInt32: UnfinishedUpdate]) {
    if updates.isEmpty { return }
    var batch = WriteBatch()
    for collection in unordered {
      guard let update = updates[collection.number] else { continue }
      collection.state.withLock { $0.unfinishedUpdate = update }
      logger.warning(
        "an update of many points did not reach its end; repeating it completes it",
        metadata: [
          "collection": "\(collection.name)", "operation": "\(update.operation)",
          "kind": "\(update.kind)", "points_done": "\(update.pointsDone)",
          "points_selected": "\(update.pointsSelected.map(String.init) ?? "unknown")",
        ])
    }
    for number in updates.keys { batch.delete(key: KeyLayout.update(number), in: KeyLayout.meta) }
    // If that fails it is told again.
    try? core.store.write(batch, sync: false)
  }

  func collection(named name: String) throws(CollectionError) -> PointCollection {
    let latest = latest
    let collection =
      latest.collection(named: name)
      ?? latest.collection(ofAlias: name).flatMap { latest.collections[$0] }
    guard let collection else { throw .collectionNotFound(name) }
    return collection
  }

  /// Whether two names have the same bytes.
  static func areSame(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }

  /// Refuses a name that is the text of one that is there, in other bytes: whoever types it could
  /// not tell which of the two is meant.
  static func refuse(_ name: String, besides other: String) throws(CollectionError) {
    if areSame(name, other) { return }
    throw .wrongInput("`\(name)` is the text of another name, in other bytes")
  }

  var all: [PointCollection] {
    latest.collections.values.sorted { $0.name < $1.name }
  }

  /// Every collection, in no order: nothing is sorted or copied.
  var unordered: some Sequence<PointCollection> {
    latest.collections.values
  }

  /// Says what a change comes to; nothing has changed yet. Committer only.
  func plan(_ request: CatalogRequest) throws(CollectionError) -> CatalogPlan {
    switch request.change {
    case .change(.create(let name, let config)): try planCreation(name, config, request.origin)
    case .change(.configure(let name, let config)):
      try planConfiguration(collection(named: name), config, startsRates: true)
    case .change(.delete(let name)): planDeletion(name)
    case .change(.aliases(let operations)): try planAliases(operations)
    case .change(.payloadField(let name, let path, let field)):
      try planPayloadField(name, path, field, request.origin)
    case .change(.vectors(let name, let change)): try planVectors(name, change, request.origin)
    case .change(.recover): preconditionFailure("a snapshot is recovered before it is published")
    case .update(let name, let change): try planUpdate(name, change)
    case .reserveNumber: try planReservation()
    case .replace(let collection, let checksum):
      try planReplacement(collection, checksum, request.origin)
    case .nothing: CatalogPlan()
    }
  }

  // MARK: Changes

  private func planCreation(
    _ name: String, _ config: CollectionConfig, _ origin: ChangeOrigin
  ) throws(CollectionError) -> CatalogPlan {
    let (collections, isAlias) = (latest.collections, latest.aliases[name] != nil)
    if let other = collections[name] {
      try Self.refuse(name, besides: other.name)
      throw .collectionExists(name)
    }
    if isAlias { throw Self.takenByAlias(name) }
    if origin.isCaller { try checkCollectionCount(for: name) }
    try checkVectorCount(of: config)
    let number = try nextNumber()
    let entry = CatalogEntry(name: name, config: config)
    if origin.isCaller { try checkSize(of: entry) }
    let bytes = CollectionMemory.catalogueBytes(
      vectors: entry.vectorNumbers.byName.count, payloadFields: 0,
      settingsBytes: config.settingsBytes)
    let isRefused = origin.isCaller && bytes > Self.smallBytes
    let lease = try lease(bytes, isRefused: isRefused)
    var plan = CatalogPlan()
    plan.batch.put(
      key: KeyLayout.nextCollectionKey, value: Self.encoded(number + 1), in: KeyLayout.meta)
    Self.put(entry, CollectionCounters(), of: number, &plan.batch)
    plan.effect = .create(collection: name, config)
    plan.place = { [self] in
      let collection = PointCollection(
        entry: entry, number: number, core: core, counters: CollectionCounters())
      change { state in
        state.collections[name] = collection
        state.nextNumber = number + 1
      }
      lease.release()
      warnIfTight(collection)
    }
    return plan
  }

  /// Refuses more vectors than a collection may have.
  func checkVectorCount(of config: CollectionConfig) throws(CollectionError) {
    let limit = core.options.limits.vectorsMax
    if config.vectors.all.count + config.sparseVectors.count > limit {
      throw .wrongInput("a collection has at most \(limit) vectors")
    }
  }

  /// Refuses a change after which the catalogue had more to keep of a collection than it may.
  func checkSize(of entry: CatalogEntry) throws(CollectionError) {
    let limit = core.options.limits.catalogueEntryBytesMax
    let bytes = entry.encoded().count
    guard bytes <= limit else {
      throw .wrongInput(
        "what is kept of a collection beside its points has at most \(limit) bytes as JSON, "
          + "with this it would have \(bytes)")
    }
  }

  /// What is never refused: a new collection without points and with few vectors, some metadata.
  private static let smallBytes = 16 << 10
  /// No size is declared of a new collection: so many stand for one worth having.
  private static let pointsWorthHaving = 1000

  /// Memory for something new without rows.
  ///
  /// - Parameter isRefused: whether it is refused at the limit; it counts in any case.
  func lease(_ bytes: Int, isRefused: Bool) throws(CollectionError) -> MemoryLease {
    if !isRefused { return core.memory.hold(bytes, for: .catalogue) }
    return try core.memory.lease(bytes, for: .catalogue)
  }

  /// Whether there may be another collection. What was done elsewhere is not asked for.
  func checkCollectionCount(for name: String) throws(CollectionError) {
    let most = core.options.limits.collectionsMax
    guard latest.collections.count < most else {
      throw .wrongInput(
        "Can't create collection with name \(name). Max collections limit reached: \(most)")
    }
  }

  private func planUpdate(
    _ name: String, _ change: CollectionConfigChange
  ) throws(CollectionError) -> CatalogPlan {
    let collection = try collection(named: name)
    var config = collection.config
    do {
      try config.apply(change)
    } catch {
      throw CollectionError(error)
    }
    try collection.checkRoom(for: config)
    var lease: MemoryLease?
    let growth = config.settingsBytes - collection.config.settingsBytes
    if growth > 0 {
      var entry = collection.catalogEntry
      entry.config = config
      try checkSize(of: entry)
      let bytes = CollectionMemory.copiesOfSettings * growth
      lease = try self.lease(bytes, isRefused: bytes > Self.smallBytes)
    }
    var plan = try planConfiguration(collection, config, startsRates: !change.strictMode.isEmpty)
    plan.release = { [release = plan.release] in
      release()
      lease?.release()
    }
    return plan
  }

  /// - Parameter startsRates: whether what is limited a minute is counted anew.
  private func planConfiguration(
    _ collection: PointCollection, _ config: CollectionConfig, startsRates: Bool
  ) throws(CollectionError) -> CatalogPlan {
    try collection.requireSameVectors(as: config)
    var entry = collection.catalogEntry
    entry.config = config
    var plan = CatalogPlan()
    plan.batch.put(
      key: KeyLayout.catalogEntry(collection.number), value: entry.encoded(), in: KeyLayout.meta)
    plan.effect = .configure(collection: collection.name, config)
    plan.release = {
      for field in collection.fields { field.configure(config) }
      collection.core.indexQueue.add(collection)
      collection.change { $0.config = config }
      if startsRates { collection.configureRates() }
    }
    return plan
  }

  /// Removes a collection, if there is one of that name.
  private func planDeletion(_ name: String) -> CatalogPlan {
    var plan = CatalogPlan()
    guard let collection = latest.collection(named: name) else { return plan }
    let number = collection.number
    // A collection that never had a row has nothing to delete.
    let isEmpty = collection.state.withLock {
      $0.counters.nextOffset == 0 && $0.phase == .ready
    }
    Self.deleteRecords(of: number, &plan.batch)
    let aliases = aliases(of: name)
    for alias in aliases { plan.batch.delete(key: KeyLayout.alias(alias), in: KeyLayout.meta) }
    if !isEmpty {
      let range = KeyLayout.range(of: number)
      for family in KeyLayout.pointFamilies {
        plan.batch.deleteRange(from: range.lower, upTo: range.upper, in: family)
      }
      plan.batch.put(key: KeyLayout.dropped(number), value: [], in: KeyLayout.meta)
    }
    plan.effect = .delete(collection: name)
    plan.answer.removed = collection
    plan.place = { [self] in
      change { state in
        state.collections[name] = nil
        for alias in aliases { state.aliases[alias] = nil }
      }
      collection.change { $0.isDropped = true }
      collection.progress.ring()
      core.indexQueue.noteDropped()
    }
    // Readers from then on need nothing of the collection, so its space can be given back.
    plan.release = { [self] in
      if !isEmpty { core.droppedRecords.add(collection: number) }
    }
    return plan
  }

  static func takenByAlias(_ name: String) -> CollectionError {
    .wrongInput(
      "Can't create collection with name \(name). Alias with the same name already exists")
  }

  /// The number of the next collection.
  func nextNumber() throws(CollectionError) -> UInt32 {
    let number = state.withLock { $0.nextNumber }
    guard number < UInt32.max - 1 else { throw .outOfSpace("all collection numbers are used") }
    return number
  }

  static func encoded(_ number: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendBigEndian(number)
    return bytes
  }

  /// The catalogue's records of a collection.
  static func put(
    _ entry: CatalogEntry, _ counters: CollectionCounters, of number: UInt32,
    _ batch: inout WriteBatch
  ) {
    batch.put(key: KeyLayout.catalogEntry(number), value: entry.encoded(), in: KeyLayout.meta)
    batch.put(key: KeyLayout.counters(number), value: counters.encoded(), in: KeyLayout.meta)
  }

  /// Takes them back.
  static func deleteRecords(of number: UInt32, _ batch: inout WriteBatch) {
    batch.delete(key: KeyLayout.catalogEntry(number), in: KeyLayout.meta)
    batch.delete(key: KeyLayout.counters(number), in: KeyLayout.meta)
    batch.delete(key: KeyLayout.update(number), in: KeyLayout.meta)
  }

  /// Says early that a new collection will soon be refused points.
  private func warnIfTight(_ collection: PointCollection) {
    let points = Self.pointsWorthHaving
    var growth = RowGrowth()
    growth.memory = points * collection.bytesPerRow
    growth.disk = points * collection.bytesPerRow
    if let obstacle = core.memory.obstacle(to: growth) {
      tightNotes.failed("\(obstacle)", ["collection": "\(collection.name)"])
    }
  }
}
