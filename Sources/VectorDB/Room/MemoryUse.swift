import Synchronization
public import VectorIndex

/// What one collection takes in memory by the formula, in bytes.
public struct CollectionMemory: Sendable, Equatable {
  /// Components of the vectors of all rows that are kept, live or dead.
  public var vectors = 0
  /// One bit a row and vector: whether the row has the vector.
  public var presence = 0
  /// Birth and death of rows, in tables of 4,096.
  public var visibility = 0
  /// Id and version of rows, in tables of 4,096.
  public var identities = 0
  /// Codes of the vectors in the lists of indexes.
  public var codes = 0
  /// Row offsets and tables of the lists, and the queries that they are calibrated with.
  public var lists = 0
  /// Centroids of the lists.
  public var centroids = 0
  /// Indexes that are being built, as if they were finished.
  public var builds = 0
  /// Keys and rows of payload indexes.
  public var payloadIndexes = 0
  /// Name, configuration, and the tables that lead to all of the above.
  public var catalogue = 0

  /// All of it.
  public var total: Int {
    vectors + presence + visibility + identities + codes + lists + centroids + builds
      + payloadIndexes + catalogue
  }

  /// Name, configuration, locks and counters of one collection, as measured with 10,000.
  static let catalogueBytes = 3 << 10
  /// A vector without rows, as measured with 60,000, and a payload index without rows, with 1,000.
  static let fieldBytes = 1 << 10
  /// Settings are kept as values, which take about as much again as their text.
  static let copiesOfSettings = 2

  /// What a collection takes before it has rows.
  static func catalogueBytes(vectors: Int, payloadFields: Int, settingsBytes: Int) -> Int {
    catalogueBytes + (vectors + payloadFields) * fieldBytes + copiesOfSettings * settingsBytes
  }
}

/// What a database takes in memory by the formula, in bytes.
public struct DatabaseMemory: Sendable, Equatable {
  /// All collections together.
  public var collections = CollectionMemory()
  /// Blocks of table files in the cache, indexes and filters among them.
  public var blockCache = 0
  /// Write buffers, those being flushed or still read included.
  public var writeBuffers = 0
  /// Indexes and filters of open table files outside the cache.
  public var tableReaders = 0
  /// Pages of vectors that stay on disk which were read lately.
  public var vectorCache = 0
  /// Bodies of requests and the points decoded from them, and answers that are not sent yet.
  public var requests = 0
  /// The program, its threads and the store, before anything is stored.
  public var process = DatabaseMemory.processBytes

  /// All of it.
  public var total: Int {
    collections.total + blockCache + writeBuffers + tableReaders + vectorCache + requests + process
  }

  /// Measured in a server that has served some requests and holds hardly anything.
  static let processBytes = 54_000_000
}

extension PointCollection {
  /// What the collection takes in memory now, by the formula.
  public func memory() -> CollectionMemory {
    let latest = latest
    let (rowCount, settingsBytes) = state.withLock { ($0.counters.nextOffset, $0.settingsBytes) }
    var memory = CollectionMemory(
      catalogue: CollectionMemory.catalogueBytes(
        vectors: latest.fieldSet.all.count, payloadFields: latest.payloadSchema.count,
        settingsBytes: settingsBytes))
    for field in latest.fieldSet.all {
      let use = field.memory(rowCount: rowCount)
      memory.vectors += use.rows
      memory.presence += use.presence
      guard let index = field.indexSlot.index?.memory() else { continue }
      memory.codes += index.codes
      memory.lists += index.lists
      memory.centroids += index.centroids
    }
    memory.visibility = visibility.residentBytes
    memory.identities = identities.residentBytes
    memory.builds = buildBytes
    memory.payloadIndexes = payloadIndexes.residentBytes
    return memory
  }

  /// Birth, death, id and version of a row.
  static let bytesPerRowWithoutVectors = 16 + IdentityAddresses.bytesPerRow

  /// What the vectors of a row take.
  var bytesPerVectors: Int { fields.reduce(0) { $0 + $1.rowBytes } }

  /// What the vectors of a row take in memory in the end.
  var keptBytesPerRow: Int { fields.reduce(0) { $0 + $1.keptRowBytes } }

  /// What one more row takes in memory, and what its records take on disk.
  var bytesPerRow: Int {
    fields.reduce(Self.bytesPerRowWithoutVectors) { $0 + $1.rowBytes }
  }
}

extension CollectionMemory {
  mutating func add(_ other: CollectionMemory) {
    vectors += other.vectors
    presence += other.presence
    visibility += other.visibility
    identities += other.identities
    codes += other.codes
    lists += other.lists
    centroids += other.centroids
    builds += other.builds
    payloadIndexes += other.payloadIndexes
    catalogue += other.catalogue
  }
}

extension Database {
  /// What the database takes in memory now, by the formula.
  public func memory() -> DatabaseMemory { roomSampler.memory() }

  /// What was read of vectors that stay on disk, since the start.
  public var vectorReads: ReadCounts { core.rowFiles.reads.counts }

  /// The room the database took when it was last sampled, at most ten seconds ago.
  public var room: RoomUse { roomSampler.lastSample }
}
