public import PointModel
import VectorIndex

extension PointCollection {
  /// Answers `requests` as of one commit; plain searches on the same vector share one scan.
  ///
  /// A request without a query lists points by id, with score 1.
  public func query(
    _ requests: [QueryRequest]
  ) async throws(CollectionError) -> [[ScoredPoint]] {
    await awaitLoading()
    for request in requests {
      try checkNames(request.withVector)
    }
    let transaction = try beginRead()
    return try await core.searchThreads.run { flag throws(CollectionError) in
      try QueryExecution(transaction, flag: flag).results(of: requests)
    }
  }

  /// The stored vector `name` of point `id`, for queries that search with it.
  public func vector(of id: PointID, name: String) async throws(CollectionError) -> [Float] {
    await awaitLoading()
    let slot = try slot(named: name)
    let transaction = try beginRead()
    return try await core.searchThreads.run { _ throws(CollectionError) in
      try transaction.vector(of: id, slot)
    }
  }
}

extension ReadTransaction {
  /// The vector of a stored point; throws when the point or its vector does not exist.
  func vector(of id: PointID, _ slot: VectorSlot) throws(CollectionError) -> [Float] {
    guard let location = try locations(of: [id])[0] else { throw .pointNotFound(id) }
    guard let vector = columns[slot.position].row(location.offset) else {
      throw .unknownVector(slot.name, context: "point \(id) has no such vector")
    }
    return vector
  }
}
