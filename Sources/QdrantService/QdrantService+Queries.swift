public import PointModel
public import VectorDB

/// Searches of every kind. A query that looks points up in another collection needs the right to
/// read that one, too.
extension QdrantService {
  /// Answers one query: one list.
  public func query(
    _ name: String, _ request: QueryRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> PointPages {
    let collection = try collection(name, call, .read)
    return try await run([request], collection, call)
  }

  /// Answers queries as of one commit: a list for each.
  public func query(
    _ name: String, batch requests: [QueryRequest], _ call: ServiceCall
  ) async throws(ServiceError) -> PointPages {
    let collection = try collection(name, call, .read)
    do throws(CollectionError) {
      try collection.checkBatch(of: requests.count)
    } catch {
      throw .engine(error)
    }
    return try await run(requests, collection, call)
  }

  /// Answers a query with groups of points, and the points of their names in another collection.
  public func groups(
    _ name: String, _ request: GroupsRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> HeldAnswer<[PointGroup]> {
    let collection = try collection(name, call, .read)
    try checkLookups(of: request.query.root, call)
    if let lookup = request.lookup { try call.access.check(.read, on: lookup.collection) }
    let database = try state.database()
    return try await read("GroupBy", call) { () async throws(CollectionError) in
      try await database.groups(request, in: collection.name)
    }
  }

  /// The distances between sampled points.
  public func matrix(
    _ name: String, _ request: MatrixRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> DistanceMatrix {
    let collection = try collection(name, call, .read)
    return try await read("SearchMatrix", call) { () async throws(CollectionError) in
      try await collection.matrix(request)
    }
  }

  private func run(
    _ requests: [QueryRequest], _ collection: PointCollection, _ call: ServiceCall
  ) async throws(ServiceError) -> PointPages {
    for request in requests { try checkLookups(of: request.root, call) }
    let database = try state.database()
    return try await read("Query", call) { () async throws(CollectionError) in
      try await database.queryPages(requests, in: collection)
    }
  }

  private func checkLookups(of node: QueryNode, _ call: ServiceCall) throws(ServiceError) {
    if let location = node.lookupFrom { try call.access.check(.read, on: location.collection) }
    for child in node.prefetch { try checkLookups(of: child, call) }
  }
}
