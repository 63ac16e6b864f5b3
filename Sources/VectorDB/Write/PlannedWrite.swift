import PointModel
import Storage
import Synchronization
import VectorIndex

/// What one commit is to do to one collection: records, ready segments of its payload indexes, and
/// which rows come and go. The committer has nothing to work out any more.
final class PlannedWrite: CommitPart, Sendable {
  /// What happens to one point's rows when the commit becomes visible.
  struct Placement {
    var identity: RowIdentity
    var removed: UInt32?
    var inserted: UInt32?
    /// A row that stays and is now of this version.
    var amended: UInt32?
    var vectors: [UInt16: StagedVector] = [:]
  }

  /// A request with the numbers of its operations, which it is answered with.
  typealias Answer = (request: PointsRequest, numbers: [UInt64])

  /// Requests in the order in which they were staged: those that are applied, and those that can't
  /// be after the others. These are told so with the others, when everybody can see why.
  struct Requests {
    private(set) var applied: [Answer] = []
    private var refused: [(request: PointsRequest, error: CollectionError, position: Int)] = []

    /// Adds one that is applied.
    mutating func apply(_ request: PointsRequest, _ numbers: [UInt64]) {
      applied.append((request, numbers))
    }

    /// Adds one that is not.
    mutating func refuse(_ request: PointsRequest, _ error: CollectionError) {
      refused.append((request, error, position: applied.count))
    }

    var isEmpty: Bool { applied.isEmpty }

    /// Those that are not applied.
    var others: [PointsRequest] { refused.map(\.request) }

    /// All of them.
    var all: [PointsRequest] {
      var all = applied.map(\.request)
      for one in refused.reversed() { all.insert(one.request, at: one.position) }
      return all
    }

    /// Answers all of them; with `error`, none was applied.
    func answer(_ error: CollectionError?) {
      for answer in applied {
        answer.request.completion(error.map { .failure($0) } ?? .success(answer.numbers))
      }
      for one in refused { one.request.completion(.failure(error ?? one.error)) }
    }
  }

  /// An update of which this is a part.
  struct Update {
    let before: LongUpdate
    let after: LongUpdate
    /// What the part takes.
    let lease: MemoryLease
  }

  let collection: PointCollection
  /// The fields that it was planned for.
  let fieldSet: FieldSet
  let origin: ChangeOrigin
  private let batch: WriteBatch
  private let change: [UInt8]?
  private let placements: [Placement]
  private let segments: [PayloadDelta.Segment]
  private let fieldsNumber: UInt64
  /// What the segments take beyond what was admitted.
  private let indexLease: MemoryLease?
  private let counters: CollectionCounters
  private let requests: Requests
  private let update: Update?
  /// What is held until it is written.
  private let leases: [MemoryLease]

  init(
    collection: PointCollection, fieldSet: FieldSet, batch: consuming WriteBatch,
    placements: [Placement],
    segments: [PayloadDelta.Segment], fieldsNumber: UInt64, indexLease: MemoryLease?,
    counters: CollectionCounters,
    requests: Requests, update: Update?, leases: [MemoryLease],
    origin: ChangeOrigin, logged: [UInt8]?
  ) {
    self.collection = collection
    self.fieldSet = fieldSet
    self.batch = batch
    self.placements = placements
    self.segments = segments
    self.fieldsNumber = fieldsNumber
    self.indexLease = indexLease
    self.counters = counters
    self.requests = requests
    self.update = update
    self.leases = leases
    self.origin = origin
    self.change = logged
  }

  var byteCount: Int { batch.byteCount }
  var mustSync: Bool { false }
  var traces: [StageTrace] {
    let update = update?.before.request.trace?.place
    return requests.all.compactMap { $0.trace?.place } + (update.map { [$0] } ?? [])
  }

  func append(to batch: inout GatheredBatch) throws(StorageError) {
    try batch.append(self.batch)
  }

  func logged() -> [UInt8]? { change }

  /// A collection may have changed since its changes were planned.
  func isReady() -> Bool {
    if collection.isDropped {
      finish(.collectionNotFound(collection.name))
    } else if isStale {
      planAgain()
    } else {
      return true
    }
    return false
  }

  /// Whether it can be written no more as it was planned: its collection was replaced, or has other
  /// vectors, or other payload fields are indexed, whose segments are not there.
  private var isStale: Bool {
    collection.successor != nil || collection.fieldSet !== fieldSet
      || collection.payloadIndexes.fieldsNumber != fieldsNumber
  }

  /// Has it planned anew.
  private func planAgain() {
    indexLease?.abandon()
    for lease in leases { lease.release() }
    collection.requests.putBack(requests.all)
    if let update { collection.requests.putBack(update.before) }
    collection.core.finishGroup(of: collection)
  }

  /// Puts the new rows into memory as commit `sequence`, before that commit is published.
  ///
  /// Rows are written in full before they are counted, which is when the commit that makes them
  /// visible is published: no reader can reach a row that is being written.
  func place(sequence: UInt64) {
    let fields = fieldSet.all
    for placement in placements {
      if let offset = placement.inserted {
        for field in fields { placement.vectors[field.number]?.place(in: field, at: offset) }
        collection.identities.insert(offset, placement.identity)
        collection.visibility.insert(offset, born: sequence)
      }
      if let offset = placement.amended {
        collection.identities.amend(
          offset, version: placement.identity.version, sequence: sequence)
      }
      if let offset = placement.removed {
        for field in fields { field.rowDied(at: offset) }
        collection.visibility.remove(offset, died: sequence)
      }
    }
    collection.payloadIndexes.append(segments, commit: sequence)
  }

  func publish(sequence: UInt64) {
    let change = placements.reduce(0) { change, placement in
      change + (placement.inserted == nil ? 0 : 1) - (placement.removed == nil ? 0 : 1)
    }
    collection.change { state in
      // Changes of the schema count as operations, and may have come since this was staged.
      let nextOperation = max(counters.nextOperation, state.counters.nextOperation)
      state.counters = counters
      state.counters.nextOperation = nextOperation
      state.liveCount += change
      state.sequence = sequence
      if case .itself = origin {
        let moves = placements.lazy.compactMap { placement in
          placement.removed.flatMap { from in placement.inserted.map { (from: from, to: $0) } }
        }
        state.moves.add(moves, at: sequence)
      } else {
        state.moves = RowMoves(since: sequence)
      }
    }
  }

  /// Lets go of memory that held only dead rows, after the commit was published.
  func release() {
    var hasDropped = false
    for placement in placements {
      guard let offset = placement.removed else { continue }
      if collection.deadRows.count(offset, in: collection) { hasDropped = true }
    }
    if hasDropped { collection.republish() }
    collection.noteCommit()
  }

  /// Lets in what comes next to the collection, and answers.
  func finish(_ error: CollectionError?) {
    if error == nil { indexLease?.release() } else { indexLease?.abandon() }
    let needsMerge = error == nil && collection.payloadIndexes.noteCommit()
    if error == nil, collection.payloadIndexes.needsLargeMerge {
      collection.core.payloadIndexQueue.add(collection)
    }
    if error == nil, let update, !update.after.isDone {
      collection.requests.putBack(update.after)
    }
    // Before the callers wake: the next group must not wait for them. Segments are merged first.
    if needsMerge {
      collection.core.stage(collection)
    } else {
      collection.core.finishGroup(of: collection)
    }
    for lease in leases { lease.release() }
    requests.answer(error)
    guard let update else { return }
    // Payloads are on disk now and nowhere else.
    update.lease.shrink(by: update.lease.bytes)
    update.lease.release()
    if let error {
      collection.noteEnd(of: update.before)
      update.before.request.completion(.failure(error))
    } else if update.after.isDone {
      collection.state.withLock { $0.unfinishedUpdate = nil }
      update.before.request.completion(.success(update.before.numbers))
    }
  }
}
