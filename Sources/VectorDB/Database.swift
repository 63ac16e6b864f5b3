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
  private let stagingThreads: StagingThreads
  private let logSync: IntervalSync?
  let roomSampler: RoomSampler
  private let maintenance: Maintenance
  private let indexer: Indexer
  let payloadIndexer: PayloadIndexer
  private let loading: CollectionLoading
  private let isClosed = Mutex(false)

  private init(
    core: DatabaseCore, catalog: Catalog, committer: Committer, stagingThreads: StagingThreads,
    logSync: IntervalSync?, path: String, logger: Logger
  ) {
    let folder = IndexFolder(database: path)
    folder.removeAll(except: catalog.unordered)
    self.loading = CollectionLoading(core: core, folder: folder, logger: logger)
    self.indexer = Indexer(core: core, catalog: catalog, folder: folder, logger: logger)
    self.payloadIndexer = PayloadIndexer(core: core, catalog: catalog, logger: logger)
    self.roomSampler = RoomSampler(core: core, catalog: catalog, logger: logger)
    self.maintenance = Maintenance(core: core, catalog: catalog, logger: logger)
    self.core = core
    self.catalog = catalog
    self.committer = committer
    self.stagingThreads = stagingThreads
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
    let store: KeyValueStore
    do throws(StorageError) {
      store = try KeyValueStore(path: path, columnFamilies: KeyLayout.families)
    } catch {
      throw DatabaseError(error)
    }
    try CatalogLoader.checkFormat(store)
    guard let searchThreads = SearchThreads(count: options.searchThreads) else {
      throw .io("the system has no threads to give")
    }
    let core = DatabaseCore(store: store, searchThreads: searchThreads, options: options)
    let catalog = try Catalog(core: core, logger: logger)
    guard let committer = Committer(core: core, catalog: catalog, logger: logger),
      let stagingThreads = StagingThreads(count: options.searchThreads, core: core)
    else {
      throw .io("the system has no threads to give")
    }
    var logSync: IntervalSync?
    if case .interval(let milliseconds) = options.durability {
      logSync = IntervalSync(store: store, milliseconds: milliseconds, logger: logger)
    }
    return Database(
      core: core, catalog: catalog, committer: committer, stagingThreads: stagingThreads,
      logSync: logSync, path: path, logger: logger)
  }

  /// The collection called `name`, by its own name or an alias.
  public func collection(named name: String) throws(CollectionError) -> PointCollection {
    try catalog.collection(named: name)
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
    try await core.submitToCommitter { completion in .changeAliases(operations, completion) }
  }

  /// Creates a collection; throws ``CollectionError/collectionExists(_:)`` when the name is taken.
  public func createCollection(
    named name: String, config: CollectionConfig
  ) async throws(CollectionError) {
    try await core.submitToCommitter { completion in .createCollection(name, config, completion) }
  }

  /// Changes a collection's settings.
  public func updateCollection(
    named name: String, change: CollectionConfigChange
  ) async throws(CollectionError) {
    try await core.submitToCommitter { completion in .updateCollection(name, change, completion) }
  }

  /// Deletes a collection, its points and its aliases; `false` when no collection has that name of
  /// its own.
  public func deleteCollection(named name: String) async throws(CollectionError) -> Bool {
    try await core.submitToCommitter { completion in .deleteCollection(name, completion) }
  }

  /// How far the collections are in memory that were there when the database was opened.
  public var loadProgress: LoadProgress { core.loadProgress.value }

  /// Why the store no longer takes writes; `nil` while it does.
  public var failure: String? { core.store.failure }

  /// Figures for metrics, read at once.
  public func statistics() -> DatabaseStatistics {
    DatabaseStatistics(
      vectorBytes: catalog.all.reduce(0) { $0 + $1.info().vectorBytes },
      queuedWrites: core.waitingWrites.load(ordering: .relaxed), sequence: core.sequence)
  }

  /// Commits what is queued, flushes and closes. Later calls throw
  /// ``CollectionError/shuttingDown``. Further closes do nothing.
  public func close() async {
    let first = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard first else { return }
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let closing = NativeThread { [self] in
        closeBlocking()
        continuation.resume()
      }
      if closing == nil {
        closeBlocking()
        continuation.resume()
      }
    }
  }

  private func closeBlocking() {
    loading.stop()
    snapshots.shutDown()
    core.drainWrites()
    stagingThreads.join()
    committer.join()
    logSync?.stop()
    indexer.stop()
    payloadIndexer.stop()
    maintenance.stop()
    roomSampler.stop()
    core.searchThreads.shutDown()
    core.store.close()
  }
}

/// Figures of a running database.
public struct DatabaseStatistics: Sendable {
  /// Memory held by vectors, in bytes.
  public var vectorBytes: Int
  /// Changes that wait for the committer.
  public var queuedWrites: Int
  /// Commits since the database was opened.
  public var sequence: UInt64
}
