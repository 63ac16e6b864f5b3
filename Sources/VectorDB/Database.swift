public import Logging
public import PointModel
import Storage
import Synchronization

/// One data directory: its collections and their points.
///
/// The directory belongs to one process at a time. All calls may come from any task; blocking work
/// runs on threads of the database's own.
public final class Database: Sendable {
  let core: DatabaseCore
  let catalog: Catalog
  let snapshots = SnapshotWork()
  private let committer: Committer
  private let logSync: IntervalSync?
  let roomSampler: RoomSampler
  private let maintenance: Maintenance
  private let indexer: Indexer
  let payloadIndexer: PayloadIndexer
  private let loading: CollectionLoading
  private let life = Mutex(Life.open)

  private enum Life {
    case open
    /// With those who wait for the end.
    case closing([UnsafeContinuation<Void, Never>])
    case closed
  }

  private init(
    core: DatabaseCore, catalog: Catalog, committer: Committer,
    logSync: IntervalSync?, path: String, logger: Logger
  ) {
    let folder = IndexFolder(database: path)
    folder.removeAll(except: catalog.unordered)
    core.rowFiles.removeAll(except: catalog.unordered)
    self.loading = CollectionLoading(core: core, folder: folder, logger: logger)
    self.indexer = Indexer(core: core, catalog: catalog, folder: folder, logger: logger)
    self.payloadIndexer = PayloadIndexer(core: core, logger: logger)
    self.roomSampler = RoomSampler(core: core, catalog: catalog, logger: logger)
    self.maintenance = Maintenance(core: core, catalog: catalog, logger: logger)
    self.core = core
    self.catalog = catalog
    self.committer = committer
    self.logSync = logSync
    loading.start(catalog.unordered, threadCount: core.options.searchThreads)
    if !core.options.loadsInBackground { loading.wait() }
  }

  /// Opens or creates the directory at `path` and loads its vectors into memory. Blocking.
  ///
  /// A collection whose records are damaged does not keep others from being opened: see
  /// ``CollectionPhase/quarantined(reason:)``.
  public static func open(
    at path: String, options: DatabaseOptions = DatabaseOptions(), logger: Logger
  ) throws(DatabaseError) -> Database {
    // In between there may be no file of a database, and a new one would be begun.
    if RepairSwap(path: path).begun() != nil {
      throw .damaged("a repair of \(path) was interrupted, and has to be run again to be finished")
    }
    let mark = FormatMark(directory: path)
    try mark.check()
    let store: KeyValueStore
    do throws(StorageError) {
      store = try KeyValueStore(path: path, columnFamilies: KeyLayout.families)
    } catch {
      throw DatabaseError(error)
    }
    DatabaseCheckpoint.removeLeftover(of: path)
    try CatalogLoader.checkFormat(store)
    mark.write()
    guard
      let searchThreads = SearchThreads(
        count: options.searchThreads, pausedMax: options.limits.pausedReadsMax,
        waitingMax: options.limits.waitingReadsMax),
      let stagingThreads = SearchThreads(
        count: options.searchThreads, pausedMax: options.limits.pausedReadsMax, waitingMax: .max)
    else {
      throw .io("the system has no threads to give")
    }
    let core = DatabaseCore(
      store: store, searchThreads: searchThreads, stagingThreads: stagingThreads, options: options,
      quotas: try Quotas(directory: path), path: path, applied: try CatalogLoader.applied(store))
    let catalog = try Catalog(core: core, logger: logger)
    guard let committer = Committer(core: core, catalog: catalog, logger: logger) else {
      throw .io("the system has no threads to give")
    }
    var logSync: IntervalSync?
    if case .interval(let milliseconds) = options.durability {
      logSync = IntervalSync(store: store, milliseconds: milliseconds, logger: logger)
    }
    return Database(
      core: core, catalog: catalog, committer: committer,
      logSync: logSync, path: path, logger: logger)
  }

  /// The collection called `name`, by its own name or an alias.
  public func collection(named name: String) throws(CollectionError) -> PointCollection {
    try catalog.collection(named: name)
  }

  /// Whether there may be a collection called `name` beside those that there are.
  package func checkCollectionCount(for name: String) throws(CollectionError) {
    try catalog.checkCollectionCount(for: name)
  }

  /// The collection that a request to another one refers to, by its own name or an alias.
  ///
  /// - Throws: ``CollectionError/referredCollectionNotFound(_:)`` when there is none.
  public func collection(referredToAs name: String) throws(CollectionError) -> PointCollection {
    do throws(CollectionError) {
      return try catalog.collection(named: name)
    } catch {
      throw error == .collectionNotFound(name) ? .referredCollectionNotFound(name) : error
    }
  }

  /// All collections, by name.
  public var collections: [PointCollection] { catalog.all }

  /// All aliases, by name.
  public var aliases: [Alias] { catalog.aliases }

  /// The aliases of the collection whose own name is `name`, by name; none if it does not exist.
  public func aliases(of name: String) -> [Alias] {
    catalog.aliases.filter { $0.collection == name }
  }

  /// Changes aliases in the order of `operations`: all of them or, if one can't be, none.
  public func changeAliases(_ operations: [AliasOperation]) async throws(CollectionError) {
    try await core.change(.change(.aliases(operations)))
  }

  /// Creates a collection; throws ``CollectionError/collectionExists(_:)`` when the name is taken.
  public func createCollection(
    named name: String, config: CollectionConfig
  ) async throws(CollectionError) {
    try await core.change(.change(.create(collection: name, config)))
  }

  /// Changes a collection's settings.
  public func updateCollection(
    named name: String, change: CollectionConfigChange
  ) async throws(CollectionError) {
    try await core.change(.update(collection: name, change))
  }

  /// Deletes a collection, its points and its aliases; `false` when no collection has that name of
  /// its own.
  public func deleteCollection(named name: String) async throws(CollectionError) -> Bool {
    try await core.change(.change(.delete(collection: name))).removed != nil
  }

  /// How far the collections are in memory that were there when the database was opened.
  public var loadProgress: LoadProgress { core.loadProgress.value }

  /// The number of the last commit: commits of the database are numbered through, restarts or not.
  public var lastCommit: UInt64 { core.sequence }

  /// Why the store no longer takes writes; `nil` while it does.
  public var failure: String? { core.store.failure }

  /// Tells everything that takes long to end: reads of many rows, updates by filter, snapshots,
  /// builds of indexes. What is answered at once goes on. For the last seconds before ``close()``.
  public func stopLongWork() {
    core.stopping.cancel()
    snapshots.cancel()
    indexer.beginStopping()
    payloadIndexer.beginStopping()
    // Writers that wait for an index wait in vain.
    for collection in catalog.unordered { collection.progress.ring() }
  }

  /// Commits what is queued, flushes and closes. Later calls throw
  /// ``CollectionError/shuttingDown``. Further closes wait for the first.
  public func close() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let (isFirst, isOver) = life.withLock { life in
        switch life {
        case .open:
          life = .closing([continuation])
          return (true, false)
        case .closing(let waiting):
          life = .closing(waiting + [continuation])
          return (false, false)
        case .closed: return (false, true)
        }
      }
      if isOver { return continuation.resume() }
      guard isFirst else { return }
      if NativeThread({ [self] in closeBlocking() }) == nil { closeBlocking() }
    }
  }

  /// What is acknowledged goes to disk first; what is only worth having comes after it.
  private func closeBlocking() {
    stopLongWork()
    loading.stop()
    snapshots.shutDown()
    core.drainWrites()
    committer.join()
    logSync?.stop()
    maintenance.stop()
    roomSampler.stop()
    core.searchThreads.shutDown()
    payloadIndexer.stop()
    indexer.stop()
    core.store.close()
    let waiting = life.withLock { life in
      defer { life = .closed }
      if case .closing(let waiting) = life { return waiting }
      return []
    }
    for continuation in waiting { continuation.resume() }
  }
}

extension Database {
  /// Threads that search.
  public var searchThreadCount: Int { core.options.searchThreads }

  /// Does work that may block, such as looking at files, on one of the threads of reads.
  public func onReadThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    try await core.searchThreads.run { _ throws(CollectionError) in try work() }
  }
}
