import FastJSON
public import PointModel
import Storage
import Synchronization
import VectorIndex

/// A named set of points that share vectors and distance.
///
/// Reads see a consistent commit and never wait for writers; a write is durable and visible when
/// it returns. Safe to use from any task.
public final class PointCollection: Sendable {
  /// The name the collection was created under.
  public let name: String
  let number: UInt32
  let core: DatabaseCore
  let tables: Tables
  let deadRows = DeadRows()
  let requests = StagingQueue()
  let rateLimits: RateLimits
  /// Rung when what tasks wait for may be there: rows in memory, or an index of some kind.
  let progress = Gate()
  let payloadUse: PayloadUse
  /// What whoever changes the collection goes by; readers see what is published of it.
  let state: Mutex<State>
  fileprivate let published: AtomicReference<PublishedCollection>

  /// What is in memory of the rows, beside the fields.
  struct Tables: Sendable {
    let visibility = VisibilityTable()
    let identities = IdentityTable()
    let payloadIndexes: PayloadIndexes
  }

  var visibility: VisibilityTable { tables.visibility }
  var identities: IdentityTable { tables.identities }
  var payloadIndexes: PayloadIndexes { tables.payloadIndexes }

  struct State {
    /// The last commit that changed the collection.
    var sequence: UInt64
    /// What the collection itself has moved since anybody else changed it.
    var moves: RowMoves
    var config: CollectionConfig {
      didSet {
        strictMode = StrictMode(config.strictMode)
        settingsBytes = config.settingsBytes
      }
    }
    /// Bytes of its settings, see `CollectionMemory`.
    private(set) var settingsBytes: Int
    /// What the configuration says of it.
    private(set) var strictMode: StrictMode?
    /// What there is under each vector's name.
    var fieldSet: FieldSet
    var payloadSchema: PayloadSchema
    var counters: CollectionCounters
    var liveCount: Int
    var isDropped = false
    /// The collection that took this one's place when a snapshot was recovered.
    var successor: PointCollection?
    var replacedRows: ReplacedRows?
    var phase: CollectionPhase
    /// What reads have found damaged.
    var problem: String?
    /// An update of many points that ended in the middle, with this process or the one before.
    var unfinishedUpdate: UnfinishedUpdate?
    /// How long it took to read the collection into memory.
    var loadTime = Duration.zero

    init(
      entry: CatalogEntry, number: UInt32, counters: CollectionCounters, phase: CollectionPhase,
      sequence: UInt64
    ) {
      self.sequence = sequence
      self.moves = RowMoves(since: sequence)
      self.config = entry.config
      self.fieldSet = FieldSet(of: entry, collection: number)
      self.payloadSchema = entry.payloadSchema
      self.strictMode = StrictMode(entry.config.strictMode)
      self.settingsBytes = entry.config.settingsBytes
      self.counters = counters
      self.liveCount = 0
      self.phase = phase
    }
  }

  init(
    entry: CatalogEntry, number: UInt32, core: DatabaseCore, counters: CollectionCounters,
    phase: CollectionPhase = .ready
  ) {
    self.name = entry.name
    self.number = number
    self.core = core
    payloadUse = PayloadUse(isEmpty: counters.nextOffset == 0)
    self.rateLimits = RateLimits(clock: core.options.rateClock)
    self.tables = Tables(payloadIndexes: PayloadIndexes(entry.payloadSchema))
    let state = State(
      entry: entry, number: number, counters: counters, phase: phase, sequence: core.sequence)
    self.published = AtomicReference(PublishedCollection(state, tables))
    self.state = Mutex(state)
    configureRates()
  }

  // MARK: Publishing

  /// What is published: all that readers begin with.
  var latest: PublishedCollection { published.load() }

  /// Changes what readers begin with.
  @discardableResult
  func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    state.withLock { state in
      let value = body(&state)
      published.store(PublishedCollection(state, tables))
      return value
    }
  }

  /// Has readers begin with what is in memory now: rows, lists and segments that came or went
  /// without a commit.
  func republish() {
    change { _ in }
    payloadIndexes.noteChange()
  }

  /// Begins anew to count what the configuration limits a minute.
  func configureRates() {
    let strictMode = latest.strictMode
    rateLimits.configure(
      readsPerMinute: strictMode?.readRateLimit, writesPerMinute: strictMode?.writeRateLimit)
  }

  /// The current configuration, defaults filled in.
  public var config: CollectionConfig { latest.config }

  /// The indexed fields of the payloads.
  public var payloadSchema: PayloadSchema { latest.payloadSchema }

  /// What there is under each vector's name, now.
  var fieldSet: FieldSet { latest.fieldSet }

  /// The fields, in the order of the configuration.
  var fields: [any VectorField] { fieldSet.all }

  /// What the catalogue keeps of the collection.
  var catalogEntry: CatalogEntry {
    state.withLock { state in
      CatalogEntry(
        name: name, config: state.config, payloadSchema: state.payloadSchema,
        vectorNumbers: state.fieldSet.numbers)
    }
  }

  var isDropped: Bool { latest.isDropped }

  /// Points as of the latest commit.
  public var pointsCount: Int { latest.pointsCount }

  /// ``info()``, on one of the threads of reads: the points of every indexed field are counted.
  public func describe() async throws(CollectionError) -> CollectionInfo {
    try await core.searchThreads.run { [self] _ throws(CollectionError) in info() }
  }

  /// Counts and configuration as of the latest commit. It takes the longer, the more fields of
  /// the payloads are indexed.
  public func info() -> CollectionInfo {
    let (config, count, phase, problem, update, operations, loadTime) = state.withLock {
      (
        $0.config, $0.liveCount, $0.phase, $0.problem, $0.unfinishedUpdate,
        $0.counters.nextOperation, $0.loadTime
      )
    }
    return CollectionInfo(
      phase: phase, problem: problem, config: config, pointsCount: count,
      indexedVectorsCount: indexedVectorsCount,
      segmentsCount: 1, updateQueueLength: core.waitingWrites.load(ordering: .relaxed),
      operationsCount: operations, vectorBytes: fields.reduce(0) { $0 + $1.residentBytes },
      vectors: fields.map {
        VectorUse(name: $0.name, count: $0.liveVectors.count, storedBytes: $0.storedBytes)
      }, indexes: indexInfos, payloadFields: payloadFieldInfos, unfinishedUpdate: update,
      loadTime: loadTime)
  }

  /// What there is under the vector name `name`.
  func field(
    named name: String, context: @autoclosure () -> String = ""
  ) throws(CollectionError) -> any VectorField {
    guard let field = fieldSet[name] else {
      throw .unknownVector(name, context: context())
    }
    return field
  }

  /// A read of a collection that nobody else uses yet and whose rows are all there.
  func beginUnpublishedRead() -> ReadTransaction {
    let found = state.withLock { PublishedCollection($0, tables) }
    let commit = PublishedCommit(
      sequence: found.sequence, entry: 0, snapshot: core.store.snapshot())
    return ReadTransaction(self, found, commit)
  }

  /// Starts a read at the latest commit.
  func beginRead() throws(CollectionError) -> ReadTransaction {
    let (found, commit) = ReadStart.run(CollectionSource(collection: self))
    if found.isDropped { throw .collectionNotFound(name) }
    if let obstacle = Self.obstacle(name, found.phase) { throw obstacle }
    return ReadTransaction(self, found, commit)
  }

  /// ``beginRead()`` for a request, which waits a little for a collection that is being loaded.
  func beginRequest() async throws(CollectionError) -> ReadTransaction {
    do throws(CollectionError) {
      return try beginRead()
    } catch {
      guard case .loading = error else { throw error }
    }
    await awaitLoading()
    return try beginRead()
  }
}

/// A collection as reads find it.
private struct CollectionSource: ReadSource {
  let collection: PointCollection

  func latestState() -> PublishedCollection { collection.latest }
  func latestCommit() -> PublishedCommit { collection.core.commit }
  func awaitPublishing() { collection.core.awaitPublishing() }

  func isUnchanged(_ state: PublishedCollection, by commit: PublishedCommit) -> Bool {
    state.sequence <= commit.sequence && collection.published.isCurrent(state)
  }
}

/// What a collection reports of the vectors under one name.
public struct VectorUse: Sendable, Equatable {
  /// The vectors' name; empty for the unnamed ones.
  public var name: String
  /// Points that have one.
  public var count: Int
  /// What they take in the store, about and uncompressed.
  public var storedBytes: Int
}

/// What a collection reports of itself.
public struct CollectionInfo: Sendable {
  /// Whether the collection can be used.
  public var phase: CollectionPhase
  /// What reads have found damaged in a collection that is in use.
  public var problem: String?
  /// How the collection is configured.
  public var config: CollectionConfig
  /// Points that exist.
  public var pointsCount: Int
  /// Vectors that are in the lists of indexes, of all names together.
  public var indexedVectorsCount: Int
  /// Parts of the collection, as other engines count them: 1.
  public var segmentsCount: Int
  /// Changes, of all collections, that wait for the committer.
  public var updateQueueLength: Int
  /// Operations that were applied, since the collection was made.
  public var operationsCount: UInt64
  /// Memory held by vectors, in bytes.
  public var vectorBytes: Int
  /// How many vectors there are under each name, in the order of the configuration.
  public var vectors: [VectorUse]
  /// The index of each vector.
  public var indexes: [VectorIndexInfo]
  /// The indexed fields of the payloads, in the order of their names.
  public var payloadFields: [PayloadFieldInfo]
  /// The latest update of many points that did not reach its end, unless another has since.
  public var unfinishedUpdate: UnfinishedUpdate?
  /// How long it took to read the collection into memory when the database was opened.
  public var loadTime: Duration

  /// What is damaged of the collection, if anything is known to be.
  public var damage: String? {
    if case .quarantined(let reason) = phase { return "quarantined: \(reason)" }
    return problem
  }

  /// Whether an index is due or being built.
  public var isIndexing: Bool {
    if payloadFields.contains(where: { !$0.isReady }) { return true }
    return indexes.contains { info in
      switch info.state {
      case .none, .ready: false
      case .waiting, .building, .rebuilding: true
      }
    }
  }
}
