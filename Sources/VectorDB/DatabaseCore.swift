import Storage
import Synchronization

/// The latest commit: its number, and the store as of it.
final class PublishedCommit: Published {
  let sequence: UInt64
  /// The number of the last entry of the log.
  let entry: UInt64
  let snapshot: StoreSnapshot
  private let unsettled = Atomic<Int>(0)

  init(sequence: UInt64, entry: UInt64, snapshot: StoreSnapshot) {
    self.sequence = sequence
    self.entry = entry
    self.snapshot = snapshot
  }

  func settle(_ claims: Int) -> Int {
    unsettled.add(claims, ordering: .acquiringAndReleasing).newValue
  }
}

/// What the collections of one database share.
final class DatabaseCore: Sendable {
  let store: KeyValueStore
  let searchThreads: SearchThreads
  /// What stages requests.
  let stagingThreads: SearchThreads
  /// What is ready to be committed.
  let commitQueue = BlockingQueue<CommitRequest>()
  /// Changes whose callers wait.
  let waitingWrites = Atomic<Int>(0)
  private let places: Mutex<SharedPlaces>
  /// Rung when the last of them is answered.
  private let idle = Gate()
  /// Set when what takes long is to end.
  var stopping: CancellationFlag { searchThreads.stopping }
  private let isClosing = Atomic<Bool>(false)
  let options: DatabaseOptions
  let reads = ReadActivity()
  /// Helps the indexer; `nil` where it is to work alone.
  let buildHelper: BuildHelper?
  /// Collections with work for the indexer.
  let indexQueue = IndexQueue()
  /// Collections with work for the payload indexer.
  let payloadIndexQueue = CollectionQueue()
  /// What all takers of memory hold leases on.
  let memory: MemoryBudget
  /// Limits that may be changed while the database is open.
  let quotas: Quotas
  /// Vectors that stay on disk.
  let rowFiles: RowFileFolder
  let droppedRecords = DroppedRecords()
  /// What further pages of searches continue.
  let rankings: RankingMemory
  let loadProgress = LoadCounter()
  private let damageSeen = Atomic<Bool>(false)
  private let committed: AtomicReference<PublishedCommit>
  /// Held while a commit is published.
  private let publishing = Mutex(())

  /// - Parameters:
  ///   - path: the data directory.
  ///   - applied: the last commit, and the last entry of the log, that the store holds.
  init(
    store: KeyValueStore, searchThreads: SearchThreads, stagingThreads: SearchThreads,
    options: DatabaseOptions, quotas: Quotas, path: String, applied: (commit: UInt64, entry: UInt64)
  ) {
    self.store = store
    self.searchThreads = searchThreads
    self.stagingThreads = stagingThreads
    self.options = options
    self.buildHelper =
      options.buildThreads > 1
      ? BuildHelper { [reads, searchThreads] in reads.hasBegun() || searchThreads.isBusy } : nil
    self.quotas = quotas
    self.places = Mutex(SharedPlaces(count: options.limits.queuedOperationsMax))
    self.memory = MemoryBudget(limits: options.limits.room)
    self.rowFiles = RowFileFolder(
      database: path, store: store, cacheBytes: options.limits.vectorCacheBytesMax)
    self.rankings = RankingMemory(bytesMax: options.limits.rankingBytesMax)
    self.committed = AtomicReference(
      PublishedCommit(sequence: applied.commit, entry: applied.entry, snapshot: store.snapshot()))
  }

  /// Whether stored records were found damaged since the database was opened.
  var hasDamage: Bool { damageSeen.load(ordering: .acquiring) }

  /// Notes it, and ends compactions: one that meets a damaged table ends all writing.
  func noteDamage() {
    if damageSeen.exchange(true, ordering: .acquiringAndReleasing) { return }
    store.noteDamage()
  }

  /// The latest commit.
  var commit: PublishedCommit { committed.load() }

  /// The number of the latest commit.
  var sequence: UInt64 { commit.sequence }

  /// The number of the last entry of the log.
  var lastEntry: UInt64 { commit.entry }

  /// Makes a commit visible, once its rows are in memory. Committer only.
  ///
  /// - Parameter collections: publishes the collections that it changes as they are then.
  func publish(sequence: UInt64, entry: UInt64, _ collections: () -> Void) {
    let commit = PublishedCommit(sequence: sequence, entry: entry, snapshot: store.snapshot())
    publishing.withLock { _ in
      collections()
      committed.store(commit)
    }
  }

  /// Waits until no commit is half published, for microseconds.
  func awaitPublishing() { publishing.withLock { _ in } }

  /// Runs `body`, a change or what comes before one, counted among those that wait.
  func whileCounted<Value: Sendable>(
    _ body: () async throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    waitingWrites.add(1, ordering: .sequentiallyConsistent)
    defer {
      let left = waitingWrites.subtract(1, ordering: .sequentiallyConsistent).newValue
      if left == 0, isClosing.load(ordering: .sequentiallyConsistent) { idle.ring() }
    }
    let caller = CallerID.current
    guard places.withLock({ $0.take(for: caller) }) else {
      throw .overloaded(retryAfterSeconds: 1)
    }
    defer { places.withLock { $0.giveBack(of: caller) } }
    if isClosing.load(ordering: .sequentiallyConsistent) { throw .shuttingDown }
    return try await body()
  }

  /// Hands a change over and waits for its outcome.
  func queue<Value: Sendable>(
    _ enqueue: (@escaping CommitRequest.Completion<Value>) -> Void
  ) async throws(CollectionError) -> Value {
    let result: Result<Value, CollectionError> = await withUnsafeContinuation { continuation in
      enqueue { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Has the catalogue changed, and waits for the outcome.
  @discardableResult
  func change(
    _ change: CatalogRequest.Change, origin: ChangeOrigin = .caller
  ) async throws(CollectionError) -> CatalogAnswer {
    if origin.isCaller { try options.log?.admit() }
    return try await whileCounted { () async throws(CollectionError) in
      try await queue { completion in
        push(
          CatalogRequest(change: change, origin: origin, trace: .current, completion: completion))
      }
    }
  }

  /// ``change(_:origin:)`` on a thread that may block.
  @discardableResult
  func changeBlocking(
    _ change: CatalogRequest.Change, origin: ChangeOrigin = .caller
  ) throws(CollectionError) -> CatalogAnswer {
    let answer = BlockingQueue<Result<CatalogAnswer, CollectionError>>()
    push(CatalogRequest(change: change, origin: origin) { _ = answer.push($0) })
    guard let result = answer.pop() else { throw .shuttingDown }
    return try result.get()
  }

  private func push(_ request: CatalogRequest) {
    if commitQueue.push(.catalog(request)) != .accepted {
      request.completion(.failure(.shuttingDown))
    }
  }

  /// Has what waits for `collection` staged.
  func stage(_ collection: PointCollection) {
    stagingThreads.begin(StagingWork(collection, self))
  }

  /// Lets in the next group of `collection`.
  func finishGroup(of collection: PointCollection) {
    if collection.requests.finish() { stage(collection) }
  }

  /// Refuses further changes and waits for those under way. Blocking.
  func drainWrites() {
    isClosing.store(true, ordering: .sequentiallyConsistent)
    try? BlockingCall.run { () async throws(CollectionError) in
      try? await self.idle.wait { self.waitingWrites.load(ordering: .sequentiallyConsistent) == 0 }
    }
    stagingThreads.shutDown()
    commitQueue.close()
  }
}
