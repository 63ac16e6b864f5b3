public import PointModel
public import VectorDB

/// Points by id, in pages, and counts of them. A read is given up when the caller's time is over,
/// which is ``CollectionError/timedOut(_:)``.
extension QdrantService {
  /// Points by id, those that are there, in the order asked for, each once: one list.
  public func retrieve(
    _ name: String, _ wanted: RetrieveRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> PointPages {
    let collection = try collection(name, call, .retrieve)
    return try await read("Retrieve", call) { () async throws(CollectionError) in
      try await collection.retrievePages(
        wanted.ids, withPayload: wanted.withPayload, withVector: wanted.withVector)
    }
  }

  /// One point with all it has.
  public func point(
    _ name: String, _ id: PointID, _ call: ServiceCall
  ) async throws(ServiceError) -> Record {
    let collection = try collection(name, call, .retrieve)
    let found = try await read("Retrieve", call) { () async throws(CollectionError) in
      try await collection.retrieve([id], withPayload: .all, withVector: .all)
    }
    guard let point = found.first else { throw .pointMissing(id) }
    return point
  }

  /// A page of points, one list, and where the next page starts; `nil` at the end.
  public func scroll(
    _ name: String, _ wanted: ScrollRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> (pages: PointPages, nextOffset: PointID?) {
    let collection = try collection(name, call, .scroll)
    return try await read("Scroll", call) { () async throws(CollectionError) in
      try await collection.scrollPages(wanted)
    }
  }

  /// How many points pass a filter.
  public func count(
    _ name: String, _ wanted: CountRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> Int {
    let collection = try collection(name, call, .count)
    return try await read("Count", call) { () async throws(CollectionError) in
      try await collection.count(wanted.filter, exact: wanted.exact)
    }
  }

  /// The most frequent values at a key of the payloads.
  public func facet(
    _ name: String, _ wanted: FacetRequest, _ call: ServiceCall
  ) async throws(ServiceError) -> [FacetHit] {
    let collection = try collection(name, call, .facet)
    return try await read("Facet", call) { () async throws(CollectionError) in
      try await collection.facet(wanted)
    }
  }
}
