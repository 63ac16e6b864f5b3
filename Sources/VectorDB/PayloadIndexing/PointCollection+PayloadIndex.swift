import PayloadIndex
public import PointModel
import RowSets
import Synchronization
import VectorIndex

extension Database {
  /// Indexes the payload field at `path` of a collection; an equal index that is there stays, one
  /// of another schema is replaced. The field is durable when this returns; the index is built in
  /// the background, and filters are evaluated without it until it is ready.
  ///
  /// - Returns: the number of the operation.
  public func createPayloadIndex(
    of name: String, at path: PayloadPath, _ schema: PayloadFieldSchema
  ) async throws(CollectionError) -> UInt64 {
    try collection(named: name).checkGrowth()
    return try await core.change(.change(.payloadField(collection: name, path, schema))).number
  }

  /// Drops the index of the payload field at `path`, if there is one.
  ///
  /// - Returns: the number of the operation.
  public func deletePayloadIndex(
    of name: String, at path: PayloadPath
  ) async throws(CollectionError) -> UInt64 {
    try await core.change(.change(.payloadField(collection: name, path, nil))).number
  }
}

extension PointCollection {
  /// Waits until the index of the payload field at `path` is ready or dropped.
  ///
  /// - Throws: ``CollectionError/outOfSpace(_:)`` when there is no memory for it: it is dropped.
  public func awaitPayloadIndex(at path: PayloadPath) async throws(CollectionError) {
    do throws(CancellationError) {
      try await progress.wait {
        if isDropped || core.stopping.isCancelled { return true }
        if case .quarantined = phase { return true }
        if payloadIndexes.refusal(of: path) != nil { return payloadIndexes.isReady(path) == nil }
        guard let isReady = payloadIndexes.isReady(path) else { return true }
        return isReady && latest.payloadIndexes[path] != nil
      }
    } catch {
      throw .timedOut("the payload index is still being built")
    }
    if case .quarantined(let reason) = phase { throw .quarantined(name, reason: reason) }
    if let reason = payloadIndexes.refusal(of: path) { throw .outOfSpace(reason) }
    if core.stopping.isCancelled, payloadIndexes.isReady(path) == false { throw .shuttingDown }
  }

  /// What the collection reports of its indexed fields.
  var payloadFieldInfos: [PayloadFieldInfo] {
    let schema = payloadSchema
    if schema.isEmpty { return [] }
    let (known, change) = payloadIndexes.described
    if let known { return known }
    // Of a collection that can't be read nothing is counted.
    let transaction = try? beginRead()
    // Counting takes time in proportion to the points: commits keep what was counted once.
    let counts = payloadIndexes.pointsCounts(after: change) ?? [:]
    let fields = schema.fields.map { path, field in
      let index = transaction?.payloadIndexes[path]?.index
      let count =
        counts[path] ?? index.flatMap { transaction?.visibleCount(of: $0.rows(.indexed)) } ?? 0
      return PayloadFieldInfo(
        path: path, schema: field, pointsCount: index == nil ? 0 : count, isReady: index != nil)
    }
    if let transaction {
      payloadIndexes.remember(fields, after: change, at: transaction.visibility.sequence)
    }
    return fields
  }
}

extension ReadTransaction {
  /// How many of the rows exist at this commit.
  func visibleCount(of rows: RowSet) -> Int {
    rows.count { visibility.isVisible($0) }
  }
}
