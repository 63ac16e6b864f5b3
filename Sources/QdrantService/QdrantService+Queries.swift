public import PointModel
public import VectorDB

/// Searches of every kind. A query that looks points up in another collection needs the right to
/// read that one, too.
extension QdrantService {
  /// Answers one query: one list.
  ///
  /// - Parameter explanation: where it is noted what searches looked at.
  public func query(
    _ name: String, _ request: QueryRequest, _ call: ServiceCall,
    explanation: QueryExplanation? = nil
  ) async throws(ServiceError) -> PointPages {
    let collection = try collection(
      name, call, .query, lookups: Self.lookups(of: [request.root]))
    return try await run([request], collection, call, explanation)
  }

  /// Answers queries as of one commit: a list for each.
  ///
  /// - Parameter explanation: where it is noted what searches looked at, one query after another.
  public func query(
    _ name: String, batch requests: [QueryRequest], _ call: ServiceCall,
    explanation: QueryExplanation? = nil
  ) async throws(ServiceError) -> PointPages {
    let collection = try collection(
      name, call, .query, lookups: Self.lookups(of: requests.map(\.root)))
    do throws(CollectionError) {
      try collection.checkBatch(of: requests.count)
    } catch {
      throw .engine(error)
    }
    return try await run(requests, collection, call, explanation)
  }

  /// Answers a query with groups of points, and the points of their names in another collection.
  ///
  /// - Parameter explanation: where it is noted what searches looked at.
  public func groups(
    _ name: String, _ request: GroupsRequest, _ call: ServiceCall,
    explanation: QueryExplanation? = nil
  ) async throws(ServiceError) -> HeldAnswer<[PointGroup]> {
    var lookups = Self.lookups(of: [request.query.root])
    if let lookup = request.lookup { lookups.append(lookup.collection) }
    let collection = try collection(name, call, .group, lookups: lookups)
    let database = try state.database()
    return try await read("GroupBy", call) { () async throws(CollectionError) in
      try await database.groups(request, in: collection.name, explanation: explanation)
    }
  }

  /// The distances between sampled points.
  public func matrix(
    _ name: String, _ request: MatrixRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> DistanceMatrix {
    let collection = try collection(name, call, .matrix)
    return try await read("SearchMatrix", call) { () async throws(CollectionError) in
      try await collection.matrix(request)
    }
  }

  private func run(
    _ requests: [QueryRequest], _ collection: PointCollection, _ call: ServiceCall,
    _ explanation: QueryExplanation? = nil
  ) async throws(ServiceError) -> PointPages {
    let database = try state.database()
    return try await read("Query", call) { () async throws(CollectionError) in
      try await database.queryPages(requests, in: collection, explanation: explanation)
    }
  }

  /// The collections that queries look points up in, at any depth.
  private static func lookups(of nodes: [QueryNode]) -> [String] {
    nodes.flatMap { node in
      (node.lookupFrom.map { [$0.collection] } ?? []) + lookups(of: node.prefetch)
    }
  }
}
