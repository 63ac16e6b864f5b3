import PointModel
import VectorIndex

/// A point that a query has found, by its row, on its way to the answer.
struct Candidate {
  let offset: UInt32
  /// The score that the client sees.
  var score: Float
  /// The value that gave it its place, in an order by payload.
  var orderValue: Number?

  init(offset: UInt32, score: Float, orderValue: Number? = nil) {
    self.offset = offset
    self.score = score
    self.orderValue = orderValue
  }

  /// A row by its internal score.
  init(_ neighbor: Neighbor, by distance: Distance) {
    self.init(offset: neighbor.offset, score: distance.score(internal: neighbor.score))
  }
}

/// Makes the points of an answer from the rows that were found: once, at the root of a query.
///
/// Ids and versions come from memory; the store is asked for payloads, and where a later commit
/// makes it the store's to say which version a reader sees.
struct Hydration {
  let transaction: ReadTransaction
  let payload: PayloadSelector
  let vector: VectorSelector
  /// Whether points tell their versions, which those of a listing don't.
  let withVersion: Bool

  init(_ transaction: ReadTransaction, _ request: QueryRequest) {
    self.transaction = transaction
    payload = request.withPayload
    vector = request.withVector
    withVersion =
      switch request.query {
      case nil, .orderBy, .sample: false
      case .nearest, .mmr, .recommend, .discover, .context, .feedback, .fusion, .formula: true
      }
  }

  /// For points that are listed.
  init(_ transaction: ReadTransaction, payload: PayloadSelector, vector: VectorSelector) {
    self.transaction = transaction
    self.payload = payload
    self.vector = vector
    withVersion = false
  }

  func records(_ found: [Candidate]) throws(CollectionError) -> [Record] {
    try points(found).map(\.record)
  }

  func points(_ found: [Candidate]) throws(CollectionError) -> [ScoredPoint] {
    if let points = try pointsWithoutRecords(found, readsVectors: true) { return points }
    var points: [ScoredPoint] = []
    points.reserveCapacity(found.count)
    let payload = PayloadSelection(self.payload)
    try transaction.visitRecords(at: found.map(\.offset)) { (index, view) throws(CollectionError) in
      let record = try transaction.record(
        view, at: found[index].offset, payload: payload, vector: vector)
      points.append(point(record, version: view.version, found[index]))
    }
    return points
  }

  /// The points, if nothing of them has to be read from the store; `nil` else.
  func pointsFromMemory(_ found: [Candidate]) throws(CollectionError) -> [ScoredPoint]? {
    try pointsWithoutRecords(found, readsVectors: false)
  }

  /// The points, if their records don't have to be read; `nil` else.
  ///
  /// - Parameter readsVectors: whether vectors that are rounded in memory may be read from the
  ///   store.
  private func pointsWithoutRecords(
    _ found: [Candidate], readsVectors: Bool
  ) throws(CollectionError) -> [ScoredPoint]? {
    guard payload == .none else { return nil }
    let unread = readsVectors ? [] : transaction.fields(vector)
    let sequence = transaction.visibility.sequence
    var points: [ScoredPoint] = []
    points.reserveCapacity(found.count)
    var pace = WorkPace(transaction.flag)
    for candidate in found {
      try pace.step(16)
      if unread.contains(where: { $0.isRounded(candidate.offset) }) { return nil }
      let identity: RowIdentity
      if withVersion {
        let known = transaction.identities.identity(of: candidate.offset, at: sequence)
        guard let known else { return nil }
        identity = known
      } else {
        identity = RowIdentity(id: try transaction.id(of: candidate.offset), version: 0)
      }
      let record = Record(
        id: identity.id, payload: nil,
        vectors: try transaction.vectors(at: candidate.offset, vector))
      if vector != .none { try transaction.meter?.add(transaction.bytes(of: record)) }
      points.append(point(record, version: identity.version, candidate))
    }
    return points
  }

  private func point(_ record: Record, version: UInt64, _ found: Candidate) -> ScoredPoint {
    var record = record
    record.orderValue = found.orderValue
    return ScoredPoint(record: record, version: withVersion ? version : 0, score: found.score)
  }
}
