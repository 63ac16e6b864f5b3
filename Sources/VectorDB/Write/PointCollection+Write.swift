public import PointModel
import VectorIndex

extension PointCollection {
  /// Applies `operations` in order, all of them or none. Durable, by the database's
  /// ``Durability``, and visible when it returns.
  ///
  /// - Returns: the number of each operation; numbers grow by one with every operation.
  public func apply(_ operations: [Operation]) async throws(CollectionError) -> [UInt64] {
    await awaitLoading()
    var prepared: [Operation] = []
    prepared.reserveCapacity(operations.count)
    for operation in operations { prepared.append(try prepare(operation)) }
    try await admitWrite(operations)
    let ready = prepared
    let lease = try core.memory.lease(growth(of: ready), for: .upsert)
    defer { lease.release() }
    return try await core.whileCounted { () async throws(CollectionError) in
      try await awaitIndexing()
      return try await core.queue { completion in
        let isFirst = requests.add(PointsRequest(operations: ready, completion: completion))
        if isFirst { core.stage(self) }
      }
    }
  }

  /// Checks names and dimensions, and normalises vectors of cosine distance, so that the
  /// committer has nothing left to refuse but what depends on stored points.
  private func prepare(_ operation: Operation) throws(CollectionError) -> Operation {
    switch operation {
    case .upsert(var points, let condition):
      for index in points.indices {
        points[index].vectors = try prepare(points[index].vectors, of: points[index].id)
      }
      return .upsert(points, condition: condition)
    case .updateVectors(var points, let filter):
      for index in points.indices {
        points[index].vectors = try prepare(points[index].vectors, of: points[index].id)
      }
      return .updateVectors(points, filter: filter)
    case .deleteVectors(let names, _):
      for name in names { _ = try slot(named: name, context: "vector") }
      return operation
    case .delete, .setPayload, .overwritePayload, .deletePayload, .clearPayload, .relocate:
      return operation
    }
  }

  private func prepare(
    _ vectors: [NamedVector], of id: PointID
  ) throws(CollectionError) -> [NamedVector] {
    var prepared = vectors
    for (index, vector) in vectors.enumerated() {
      let slot = try slot(named: vector.name, context: "point \(id)")
      var values = try slot.checked(
        vector.value,
        context: "point \(id), " + (vector.name.isEmpty ? "vector" : "vector `\(vector.name)`"))
      if slot.distance == .cosine {
        VectorMath.normalize(&values)
        prepared[index] = NamedVector(name: vector.name, values: values)
      }
    }
    return prepared
  }
}
