import Storage
import Synchronization
import VectorDB
import VectorIndex

/// The vectors of one row.
struct SimulatedRow: Equatable {
  var sparse: [UInt32: Float]
  var dense: [Float]
}

/// What survives the loss of all memory: the rows of each collection, and the last commit.
struct SimulatedStore {
  var rows: [[UInt32: SimulatedRow]]
  var applied: UInt64 = 0
}

/// A commit that was published, with the store as of it.
final class SimulatedCommit: Published {
  let store: SimulatedStore
  private let unsettled = Atomic<Int>(0)

  var sequence: UInt64 { store.applied }

  init(_ store: SimulatedStore) { self.store = store }

  func settle(_ claims: Int) -> Int {
    unsettled.add(claims, ordering: .acquiringAndReleasing).newValue
  }
}

/// A collection in memory: the tables, columns and indexes of the engine itself.
final class SimulatedCollection {
  let number: Int
  let visibility = VisibilityTable()
  let sparse = SparseColumn()
  let sparseIndex = SparseIndex()
  let dense = DenseColumn(dimension: SimulatedCollection.dimension)
  /// Lists of the dense vectors, once they were made.
  var lists: IVFFlatIndex?
  private(set) var sequence: UInt64
  private(set) var rowCount: UInt32
  /// Whether changes of it are on their way: one group at a time.
  var isBusy = false
  let published: AtomicReference<State>
  private var deadByChunk: [UInt32: Int] = [:]

  static let dimension = 8
  /// Where offsets begin.
  let firstOffset: UInt32

  /// What a collection has published.
  final class State: Published {
    let sequence: UInt64
    let visibility: VisibilityView
    let sparse: SparseColumnView
    let sparseIndex: SparseIndexView
    let dense: DenseColumnView
    let lists: IVFIndexView?
    private let unsettled = Atomic<Int>(0)

    init(
      sequence: UInt64, visibility: VisibilityView, sparse: SparseColumnView,
      sparseIndex: SparseIndexView, dense: DenseColumnView, lists: IVFIndexView?
    ) {
      self.sequence = sequence
      self.visibility = visibility
      self.sparse = sparse
      self.sparseIndex = sparseIndex
      self.dense = dense
      self.lists = lists
    }

    func settle(_ claims: Int) -> Int {
      unsettled.add(claims, ordering: .acquiringAndReleasing).newValue
    }
  }

  /// The collection as the store has it.
  init(_ number: Int, of store: SimulatedStore, firstOffset: UInt32) {
    self.number = number
    self.firstOffset = firstOffset
    sequence = store.applied
    let rows = store.rows[number]
    rowCount = max(firstOffset, (rows.keys.max() ?? 0) + 1)
    published = AtomicReference(
      State(
        sequence: sequence, visibility: visibility.view(at: sequence, rowCount: 0),
        sparse: sparse.view(), sparseIndex: sparseIndex.view(), dense: dense.view(), lists: nil))
    for (offset, row) in rows {
      place(row, at: offset)
      visibility.insert(offset, born: sequence)
    }
    for offset in 0..<rowCount where rows[offset] == nil { noteDead(offset) }
    publish()
  }

  /// Puts the vectors of a row into their columns.
  func place(_ row: SimulatedRow, at offset: UInt32) {
    let sorted = row.sparse.sorted { $0.key < $1.key }
    sorted.map(\.key).withUnsafeBufferPointer { indices in
      sorted.map(\.value).withUnsafeBufferPointer { weights in
        sparse.write(indices: indices, weights: weights, at: offset)
      }
    }
    row.dense.withUnsafeBufferPointer { dense.write($0, at: offset) }
  }

  /// Has readers begin with what is in memory, as of the commit `sequence` if it is given.
  func publish(sequence: UInt64? = nil, rowCount: UInt32? = nil) {
    self.sequence = sequence ?? self.sequence
    self.rowCount = rowCount ?? self.rowCount
    published.store(
      State(
        sequence: self.sequence,
        visibility: visibility.view(at: self.sequence, rowCount: self.rowCount),
        sparse: sparse.view(), sparseIndex: sparseIndex.view(), dense: dense.view(),
        lists: lists?.view()))
  }

  /// Counts a dead row, and lets go of its chunk if that was the last.
  ///
  /// - Returns: whether it was.
  @discardableResult
  func noteDead(_ offset: UInt32) -> Bool {
    let chunk = offset / UInt32(VisibilityTable.rowsPerChunk)
    deadByChunk[chunk, default: 0] += 1
    guard deadByChunk[chunk] == VisibilityTable.rowsPerChunk else { return false }
    visibility.dropChunk(containing: offset)
    sparse.dropChunk(containing: offset)
    return true
  }
}

/// Changes of one collection that are planned, as the committer takes them.
final class SimulatedChange: CommitPart {
  let collection: SimulatedCollection
  let removed: [UInt32]
  let inserted: [(offset: UInt32, row: SimulatedRow)]
  let origin: ChangeOrigin
  let isStale: Bool
  private let between: () -> Void
  private let completion: (Bool) -> Void

  /// - Parameters:
  ///   - between: called wherever others may go on meanwhile.
  ///   - completion: told whether it was committed.
  init(
    of collection: SimulatedCollection, removing removed: [UInt32],
    inserting inserted: [(offset: UInt32, row: SimulatedRow)], origin: ChangeOrigin,
    isStale: Bool, between: @escaping () -> Void, completion: @escaping (Bool) -> Void
  ) {
    self.collection = collection
    self.removed = removed
    self.inserted = inserted
    self.origin = origin
    self.isStale = isStale
    self.between = between
    self.completion = completion
  }

  var byteCount: Int { 10 * (removed.count + inserted.count) }
  var mustSync: Bool { inserted.isEmpty }
  var traces: [StageTrace] { [] }

  func isReady() -> Bool {
    between()
    if isStale { collection.isBusy = false }
    return !isStale
  }

  func append(to batch: inout GatheredBatch) throws(StorageError) {}
  func logged() -> [UInt8]? { [UInt8(collection.number)] }

  func place(sequence: UInt64) {
    for (offset, row) in inserted {
      collection.place(row, at: offset)
      between()
      collection.visibility.insert(offset, born: sequence)
      between()
    }
    for offset in removed {
      collection.visibility.remove(offset, died: sequence)
      between()
    }
  }

  func publish(sequence: UInt64) {
    let end = inserted.last.map { $0.offset + 1 }
    collection.publish(sequence: sequence, rowCount: end)
    between()
  }

  func release() {
    var hasDropped = false
    for offset in removed where collection.noteDead(offset) {
      hasDropped = true
      between()
    }
    if hasDropped { collection.publish() }
    between()
  }

  func finish(_ error: CollectionError?) {
    collection.isBusy = false
    completion(error == nil)
    between()
  }
}
