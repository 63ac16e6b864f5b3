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
  let visibility = VisibilityTable()
  let identities = IdentityTable()
  let deadRows = DeadRows()
  let requests = StagingQueue()
  let rateLimits = RateLimits()
  /// Rung when what tasks wait for may be there: rows in memory, or an index of some kind.
  let progress = Gate()
  let payloadUse = PayloadUse()
  let payloadIndexes: PayloadIndexes
  let state: Mutex<State>

  struct State {
    var config: CollectionConfig {
      didSet { strictMode = StrictMode(config.strictMode) }
    }
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

    init(
      entry: CatalogEntry, number: UInt32, counters: CollectionCounters, phase: CollectionPhase
    ) {
      self.config = entry.config
      self.fieldSet = FieldSet(of: entry, collection: number)
      self.payloadSchema = entry.payloadSchema
      self.strictMode = StrictMode(entry.config.strictMode)
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
    self.payloadIndexes = PayloadIndexes(entry.payloadSchema)
    self.state = Mutex(State(entry: entry, number: number, counters: counters, phase: phase))
    configureRates()
  }

  /// Begins anew to count what the configuration limits a minute.
  func configureRates() {
    let strictMode = state.withLock { $0.strictMode }
    rateLimits.configure(
      readsPerMinute: strictMode?.readRateLimit, writesPerMinute: strictMode?.writeRateLimit)
  }

  /// The current configuration, defaults filled in.
  public var config: CollectionConfig { state.withLock { $0.config } }

  /// The indexed fields of the payloads.
  public var payloadSchema: PayloadSchema { state.withLock { $0.payloadSchema } }

  /// What there is under each vector's name, now.
  var fieldSet: FieldSet { state.withLock { $0.fieldSet } }

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

  var isDropped: Bool { state.withLock { $0.isDropped } }

  /// Points as of the latest commit.
  public var pointsCount: Int { state.withLock { $0.liveCount } }

  /// ``info()``, on one of the threads of reads: the points of every indexed field are counted.
  public func describe() async throws(CollectionError) -> CollectionInfo {
    try await core.searchThreads.run { [self] _ throws(CollectionError) in info() }
  }

  /// Counts and configuration as of the latest commit. It takes the longer, the more fields of
  /// the payloads are indexed.
  public func info() -> CollectionInfo {
    let (config, count, phase, problem, update) = state.withLock {
      ($0.config, $0.liveCount, $0.phase, $0.problem, $0.unfinishedUpdate)
    }
    return CollectionInfo(
      phase: phase, problem: problem, config: config, pointsCount: count,
      indexedVectorsCount: indexedVectorsCount,
      segmentsCount: 1, updateQueueLength: core.waitingWrites.load(ordering: .relaxed),
      vectorBytes: fields.reduce(0) { $0 + $1.residentBytes }, indexes: indexInfos,
      payloadFields: payloadFieldInfos, unfinishedUpdate: update)
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
    let (rowCount, fieldSet) = state.withLock { ($0.counters.nextOffset, $0.fieldSet) }
    return ReadTransaction(
      collection: self, snapshot: core.store.snapshot(),
      visibility: visibility.view(at: core.sequence, rowCount: rowCount),
      identities: identities.view(), fieldSet: fieldSet,
      fields: fieldSet.all.map { $0.view() },
      payloadIndexes: payloadIndexes.view)
  }

  /// Starts a read at the latest commit.
  func beginRead() throws(CollectionError) -> ReadTransaction {
    let (transaction, isDropped, phase) = core.withLatestCommit { commit in
      let (rowCount, fieldSet, isDropped, phase) = state.withLock {
        ($0.counters.nextOffset, $0.fieldSet, $0.isDropped, $0.phase)
      }
      let transaction = ReadTransaction(
        collection: self, snapshot: commit.snapshot,
        visibility: visibility.view(at: commit.sequence, rowCount: rowCount),
        identities: identities.view(), fieldSet: fieldSet,
        // Lists leave out rows that are dead at the latest commit, which is this one.
        fields: fieldSet.all.map { $0.view() },
        payloadIndexes: payloadIndexes.view.upTo(commit.sequence))
      return (transaction, isDropped, phase)
    }
    if isDropped { throw .collectionNotFound(name) }
    if let obstacle = Self.obstacle(name, phase) { throw obstacle }
    return transaction
  }
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
  /// Memory held by vectors, in bytes.
  public var vectorBytes: Int
  /// The index of each vector.
  public var indexes: [VectorIndexInfo]
  /// The indexed fields of the payloads, in the order of their names.
  public var payloadFields: [PayloadFieldInfo]
  /// The latest update of many points that did not reach its end, unless another has since.
  public var unfinishedUpdate: UnfinishedUpdate?

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
