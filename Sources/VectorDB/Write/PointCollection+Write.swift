public import PointModel

extension PointCollection {
  /// Applies `operations` in order, all of them or none. Durable, by the database's
  /// ``Durability``, and visible when it returns.
  ///
  /// Operations that select more points than ``Limits/updatePointsMax``, or make more of them than
  /// ``Limits/updateBytesMax``, are carried out in several commits, the operations of their request
  /// one after another: what ends in the middle, because the calling task was cancelled, the
  /// database is closed or there is no more room, leaves the commits that were made.
  ///
  /// - Returns: the number of each operation; numbers grow by one with every operation.
  public func apply(_ operations: [Operation]) async throws(CollectionError) -> [UInt64] {
    try core.options.log?.admit()
    await awaitLoading()
    let fieldSet = fieldSet
    let isPrepared = isPreparedInPlace(operations)
    let ready = isPrepared ? try prepared(operations, for: fieldSet) : operations
    if operations.contains(where: \.growsCollection) { try checkGrowth() }
    try await admitWrite(operations)
    let lease = try core.memory.lease(growth(of: ready), for: .upsert)
    defer { lease.release() }
    return try await submit(.operations(ready, isPrepared ? fieldSet : nil))
  }

  /// Moves points unchanged from `rows`, where they are still there, to new rows.
  func relocate(_ ids: [PointID], from rows: Range<UInt32>) throws(CollectionError) {
    try BlockingCall.run { () async throws(CollectionError) in
      _ = try await self.submit(.relocation(ids, rows: rows))
    }
  }

  /// Has a change staged and committed.
  func submit(
    _ change: PointsRequest.Change
  ) async throws(CollectionError) -> [UInt64] {
    try await core.whileCounted { () async throws(CollectionError) in
      try await awaitIndexing()
      let flag = CancellationFlag(or: core.stopping)
      let outcome: Result<[UInt64], CollectionError> = await withTaskCancellationHandler {
        do throws(CollectionError) {
          return .success(
            try await core.queue { completion in
              let isFirst = requests.add(
                PointsRequest(change: change, flag: flag, completion: completion))
              if isFirst { core.stage(self) }
            })
        } catch {
          return .failure(error)
        }
      } onCancel: {
        flag.cancel()
      }
      return try outcome.get()
    }
  }

  /// Bytes of vectors that are prepared where the caller is: well under a tenth of a millisecond.
  private static let bytesPreparedInPlace = 64 << 10

  /// Whether the vectors of operations are few enough for that; those of others are prepared by the
  /// thread that stages them.
  private func isPreparedInPlace(_ operations: [Operation]) -> Bool {
    let points = operations.reduce(0) { $0 + $1.pointsBrought }
    return points.multipliedSaturating(by: bytesPerRow) <= Self.bytesPreparedInPlace
  }

  /// The operations as they are staged, for the fields of `fieldSet`.
  ///
  /// - Throws: what is wrong with the first vector that is none of its field's.
  func prepared(
    _ operations: [Operation], for fieldSet: FieldSet
  ) throws(CollectionError) -> [Operation] {
    var prepared: [Operation] = []
    prepared.reserveCapacity(operations.count)
    for operation in operations { prepared.append(try prepare(operation, fieldSet)) }
    return prepared
  }

  /// Checks names and dimensions, and normalises vectors of cosine distance, so that
  /// nothing is left to refuse but what depends on stored points.
  private func prepare(
    _ operation: Operation, _ fieldSet: FieldSet
  ) throws(CollectionError) -> Operation {
    switch operation {
    case .upsert(var points, let condition):
      for index in points.indices {
        let limits = core.options.limits
        if points[index].payload.json.count > limits.payloadBytesMax {
          throw .payloadTooLarge(points[index].id, limits)
        }
        points[index].vectors = try prepare(points[index].vectors, of: points[index].id, fieldSet)
      }
      return .upsert(points, condition: condition)
    case .updateVectors(var points, let filter):
      for index in points.indices {
        points[index].vectors = try prepare(points[index].vectors, of: points[index].id, fieldSet)
      }
      return .updateVectors(points, filter: filter)
    case .deleteVectors(let names, _):
      for name in names where fieldSet[name] == nil {
        throw .unknownVector(name, context: "vector")
      }
      return operation
    case .overwritePayload(let payload, _):
      let limits = core.options.limits
      if payload.json.count > limits.payloadBytesMax { throw .payloadTooLarge(nil, limits) }
      return operation
    case .delete, .setPayload, .deletePayload, .clearPayload:
      return operation
    }
  }

  private func prepare(
    _ vectors: [NamedVector], of id: PointID, _ fieldSet: FieldSet
  ) throws(CollectionError) -> [NamedVector] {
    var prepared = vectors
    for (index, vector) in vectors.enumerated() {
      guard let field = fieldSet[vector.name] else {
        throw .unknownVector(vector.name, context: "point \(id)")
      }
      let value = try field.prepared(
        vector.value,
        context: "point \(id), " + (vector.name.isEmpty ? "vector" : "vector `\(vector.name)`"))
      prepared[index] = NamedVector(name: vector.name, value: value)
    }
    return prepared
  }
}

extension Operation {
  /// Points that it brings along.
  fileprivate var pointsBrought: Int {
    switch self {
    case .upsert(let points, _): points.count
    case .updateVectors(let points, _): points.count
    default: 0
    }
  }
}
