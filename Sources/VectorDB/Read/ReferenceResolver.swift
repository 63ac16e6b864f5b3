import PointModel
import VectorIndex

/// Puts vectors in the place of the points that a query names.
struct ReferenceResolver {
  let transaction: ReadTransaction

  /// A vector of the right dimension, given or that of a stored point.
  func vector(_ vector: QueryVector, _ slot: VectorSlot) throws(CollectionError) -> [Float] {
    switch vector {
    case .point(let id): return try transaction.vector(of: id, slot)
    case .value(let value):
      return try slot.checked(
        value, context: slot.name.isEmpty ? "query" : "query, vector `\(slot.name)`")
    }
  }

  /// What results must pass: a point is not an answer to a query by itself.
  static func filter(of node: QueryNode) -> Filter? {
    let filter = node.filter.flatMap { $0.isEmpty ? nil : $0 }
    return excluding(examples(of: node), filter)
  }

  /// The points that a node's query names.
  static func examples(of node: QueryNode) -> Set<PointID> {
    var examples: Set<PointID> = []
    for case .point(let id) in node.query?.vectors ?? [] { examples.insert(id) }
    return examples
  }

  private static func excluding(_ ids: Set<PointID>, _ filter: Filter?) -> Filter? {
    if ids.isEmpty { return filter }
    return Filter(must: filter.map { [.filter($0)] } ?? [], mustNot: [.hasID(ids)])
  }

  /// `node` with the vectors of the points that it looks up in `source`; `isSearched` says that
  /// this is the collection that is searched, too.
  static func looked(
    up node: QueryNode, in source: PointCollection, isSearched: Bool
  ) async throws(CollectionError) -> QueryNode {
    guard let query = node.query else { return node }
    let ids = examples(of: node)
    if ids.isEmpty { return node }
    let found = try await source.vectors(
      of: ids.sorted(), name: node.lookupFrom?.vector ?? node.using)
    var resolved = node
    resolved.query = query.replacingVectors(
      with: query.vectors.map { vector in
        guard case .point(let id) = vector, let values = found[id] else { return vector }
        return .dense(values)
      })
    if isSearched { resolved.filter = excluding(ids, node.filter) }
    return resolved
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

extension PointCollection {
  /// The vectors called `name` of stored points; throws when one does not exist.
  fileprivate func vectors(
    of ids: [PointID], name: String
  ) async throws(CollectionError) -> [PointID: [Float]] {
    await awaitLoading()
    let slot = try slot(named: name)
    let transaction = try beginRead()
    return try await transaction.run { (transaction) throws(CollectionError) in
      var vectors: [PointID: [Float]] = [:]
      for id in ids { vectors[id] = try transaction.vector(of: id, slot) }
      return vectors
    }
  }
}
