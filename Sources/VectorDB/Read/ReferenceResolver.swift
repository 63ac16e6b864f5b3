import PointModel
import VectorIndex

/// Puts vectors in the place of the points that a query names.
struct ReferenceResolver {
  let transaction: ReadTransaction

  /// A vector that the field can be searched with, given or that of a stored point; not prepared.
  func vector(
    _ vector: QueryVector, _ view: any FieldView
  ) throws(CollectionError) -> VectorValue {
    switch vector {
    case .point(let id): return try transaction.vector(of: id, view)
    case .value(let value):
      try view.field.check(
        query: value, context: view.name.isEmpty ? "query" : "query, vector `\(view.name)`")
      return value
    }
  }

  /// The same of many: points are looked up together, and who waits for none of it any more is
  /// asked on the way.
  func vectors(
    _ vectors: [QueryVector], _ view: any FieldView
  ) throws(CollectionError) -> [VectorValue] {
    let ids = vectors.compactMap { vector -> PointID? in
      if case .point(let id) = vector { id } else { nil }
    }
    var located = try transaction.locations(of: ids).makeIterator()
    var pace = WorkPace(transaction.flag)
    return try vectors.map { vector throws(CollectionError) in
      try pace.step(Self.stepsPerVector)
      guard case .point(let id) = vector else { return try self.vector(vector, view) }
      return try transaction.vector(of: id, at: located.next() ?? nil, view)
    }
  }

  /// What it takes to read a vector and copy it.
  fileprivate static let stepsPerVector = 64

  /// What answers must pass that are none of `ids`.
  static func excluding(_ ids: Set<PointID>, _ filter: Filter?) -> Filter? {
    if ids.isEmpty { return filter }
    return Filter(mustNot: [.hasID(ids)]).merged(with: filter ?? Filter())
  }

  /// `node` with the vectors of the points that its query looks up in `source`, and these points.
  static func looked(
    up node: QueryNode, in source: PointCollection
  ) async throws(CollectionError) -> (node: QueryNode, points: Set<PointID>) {
    guard let query = node.query else { return (node, []) }
    var ids: Set<PointID> = []
    for case .point(let id) in query.vectors { ids.insert(id) }
    if ids.isEmpty { return (node, []) }
    let found = try await source.vectors(
      of: ids.sorted(), name: node.lookupFrom?.vector ?? node.using)
    var resolved = node
    resolved.query = query.replacingVectors(
      with: query.vectors.map { vector in
        guard case .point(let id) = vector, let values = found[id] else { return vector }
        return .value(values)
      })
    return (resolved, ids)
  }
}

extension ReadTransaction {
  /// The vector of a stored point; throws when the point or its vector does not exist.
  func vector(of id: PointID, _ view: any FieldView) throws(CollectionError) -> VectorValue {
    try vector(of: id, at: try locations(of: [id])[0], view)
  }

  /// The vector of a point that is at `location`, if it is anywhere.
  func vector(
    of id: PointID, at location: PointLocation?, _ view: any FieldView
  ) throws(CollectionError) -> VectorValue {
    guard let location else { throw .pointNotFound(id) }
    guard let vector = try value(at: location.offset, of: view) else {
      throw .unknownVector(view.name, context: "point \(id) has no such vector")
    }
    return vector
  }
}

extension ReadTransaction {
  /// How many vectors an example is made of: those of a multivector, else one.
  func vectorCount(of vector: QueryVector, using name: String) -> Int {
    let value: VectorValue? =
      switch vector {
      case .value(let value): value
      case .point(let id):
        if let view = try? view(named: name, context: ""), view is MultiFieldView {
          try? self.vector(of: id, view)
        } else {
          nil
        }
      }
    return value?.vectorCount ?? 1
  }
}

extension PointCollection {
  /// The vectors called `name` of stored points; throws when one does not exist.
  fileprivate func vectors(
    of ids: [PointID], name: String
  ) async throws(CollectionError) -> [PointID: VectorValue] {
    let transaction = try await beginRequest()
    return try await transaction.run { (transaction) throws(CollectionError) in
      let locations = try transaction.locations(of: ids)
      // A point that is missing goes before a vector that is.
      for (id, location) in zip(ids, locations) where location == nil { throw .pointNotFound(id) }
      let view = try transaction.view(named: name, context: "")
      var vectors: [PointID: VectorValue] = [:]
      var pace = WorkPace(transaction.flag)
      for (id, location) in zip(ids, locations) {
        try pace.step(ReferenceResolver.stepsPerVector)
        vectors[id] = try transaction.vector(of: id, at: location, view)
      }
      return vectors
    }
  }
}
