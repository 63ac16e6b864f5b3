import FastJSON
import PointModel

extension Database {
  /// The number of the last entry of the log that is in the database, restarts or not: of its own,
  /// or of the one whose entries it applies.
  package var lastEntry: UInt64 { core.lastEntry }

  /// Applies the next entry of another database's log. Durable and visible when it returns; its
  /// changes become so one after another. An entry that was cut off in the middle is applied again
  /// as a whole, which leaves the same. One call at a time, and nobody else changes anything.
  ///
  /// - Parameter snapshot: the file of a snapshot with this SHA-256, which an entry may ask for.
  /// - Throws: ``LogError`` when the entry is not the next one, does not fit what is there, or the
  ///   database takes no changes now; its number is not noted then.
  package func apply(
    _ entry: LogEntry,
    snapshot: (_ checksum: String) async throws(CollectionError) -> String = {
      checksum throws(CollectionError) in throw .snapshotNotFound(checksum)
    }
  ) async throws(LogError) {
    let next = lastEntry + 1
    guard entry.number == next else { throw .outOfOrder(expected: next, found: entry.number) }
    do throws(CollectionError) {
      if entry.changes.isEmpty { try await core.change(.nothing, origin: .entry(next)) }
      for (index, change) in entry.changes.enumerated() {
        let number = index == entry.changes.count - 1 ? next : nil
        switch change {
        case .points(let points):
          try await catalog.collection(ownName: points.collection).apply(points, number: number)
        case .catalog(.recover(let name, let checksum)):
          try await recoverCollection(
            named: name, from: try await snapshot(checksum), checksum: checksum, fault: nil,
            origin: .entry(number))
        case .catalog(let change):
          try await core.change(.change(change), origin: .entry(number))
          if case .vectors(_, let change) = change { noteDropped(change) }
        }
      }
    } catch {
      throw LogError(applying: error)
    }
  }
}

extension LogError {
  /// Whether an entry can't be applied now, or never.
  fileprivate init(applying error: CollectionError) {
    switch error {
    case .timedOut, .overloaded, .rateLimited, .outOfSpace, .quotaReached, .shuttingDown,
      .unavailable, .loading, .quarantined, .damaged, .storage, .snapshotNotFound, .forbidden:
      self = .refused(error)
    case .collectionNotFound, .referredCollectionNotFound, .collectionExists, .aliasNotFound,
      .pointNotFound, .unknownVector, .wrongDimension, .wrongInput, .badRequest:
      self = .mismatch(String(describing: error))
    }
  }
}

extension Catalog {
  /// The collection with this name of its own.
  fileprivate func collection(ownName name: String) throws(CollectionError) -> PointCollection {
    let collection = try collection(named: name)
    guard collection.name == name else { throw .collectionNotFound(name) }
    return collection
  }
}

extension PointCollection {
  /// Applies what an entry of a log says of points.
  fileprivate func apply(
    _ points: LoggedPoints, number: UInt64?
  ) async throws(CollectionError) {
    await awaitLoading()
    let lease = try core.memory.lease(
      RowGrowth(of: points, bytesPerRow: bytesPerRow), for: .upsert)
    defer { lease.release() }
    _ = try await submit(.logged(points, number: number))
  }
}

extension LoggedPoints {
  /// What the staged points of a commit are to others. Rows that moved are no change.
  init(
    _ points: StagedPoints, of collection: PointCollection, _ fields: [any FieldView],
    nextOperation: UInt64
  ) {
    var changed: [LoggedPoint] = []
    changed.reserveCapacity(points.order.count)
    for id in points.order {
      guard let point = points[id], !point.isMoved else { continue }
      if point.exists {
        let vectors = point.vectors.map { vectors in
          fields.compactMap { view in
            vectors[view.field.number].map { vector in
              var stored: [UInt8] = []
              vector.append(to: &stored, as: view.field.format)
              return LoggedVector(name: view.name, stored: stored)
            }
          }
        }
        let state = LoggedPoint.State.present(payload: point.payload, vectors: vectors)
        changed.append(LoggedPoint(id: id, version: point.version, state: state))
      } else if point.base != nil {
        changed.append(LoggedPoint(id: id, version: point.version, state: .deleted))
      }
    }
    self.init(collection: collection.name, nextOperation: nextOperation, points: changed)
  }
}

extension OperationApplier {
  /// Stages what an entry of a log says of points.
  mutating func apply(_ logged: LoggedPoints) throws(CollectionError) {
    for (point, before) in zip(logged.points, try load(logged.points.map(\.id))) {
      var state = staged[point.id] ?? before
      state.isMoved = false
      state.version = point.version
      switch point.state {
      case .deleted:
        state.remove()
      case .present(let payload, let vectors):
        guard state.exists || payload != nil && vectors != nil else {
          throw .wrongInput("point \(point.id) is to change and is not there")
        }
        state.exists = true
        if let payload {
          guard (try? JSONDocument(parsing: payload.json))?.root.kind == .object else {
            throw .wrongInput("the payload of point \(point.id) is no JSON object")
          }
          state.setPayload(payload)
        }
        if let vectors { state.vectors = try numbered(vectors, of: point.id) }
      }
      try put(point.id, state)
    }
  }

  private func numbered(
    _ vectors: [LoggedVector], of id: PointID
  ) throws(CollectionError) -> [UInt16: StagedVector] {
    var numbered: [UInt16: StagedVector] = [:]
    for vector in vectors {
      let field = try transaction.collection.field(named: vector.name, context: "point \(id)")
      let isWhole = vector.stored.withUnsafeBytes {
        field.format.fits($0) && field.format.isFinite($0)
      }
      guard isWhole else { throw .wrongInput("vector `\(vector.name)` of point \(id) is none") }
      numbered[field.number] = .stored(vector.stored)
    }
    return numbered
  }
}
