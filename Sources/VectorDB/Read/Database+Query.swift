public import PointModel

extension Database {
  /// Answers `requests` to the collection called `name`, by its own name or an alias, as of one
  /// commit. Points that they name are looked up first, in other collections where they say so.
  public func query(
    _ requests: [QueryRequest], in name: String
  ) async throws(CollectionError) -> [[ScoredPoint]] {
    let collection = try collection(named: name)
    return try await collection.query(try await lookingUp(requests, for: collection))
  }

  /// ``query(_:in:)`` in pages, of a collection of this database; a list for each request.
  ///
  /// - Parameter explanation: where it is noted what searches looked at.
  public func queryPages(
    _ requests: [QueryRequest], in collection: PointCollection,
    explanation: QueryExplanation? = nil
  ) async throws(CollectionError) -> PointPages {
    try await collection.queryPages(
      try await lookingUp(requests, for: collection), explanation: explanation)
  }

  /// Answers a query to the collection called `name`, by its own name or an alias, with groups of
  /// points that have a value in common, each with the point of its name in another collection if
  /// the request asks for that.
  ///
  /// - Parameter explanation: where it is noted what searches looked at.
  public func groups(
    _ request: GroupsRequest, in name: String, explanation: QueryExplanation? = nil
  ) async throws(CollectionError) -> HeldAnswer<[PointGroup]> {
    let meter = AnswerMeter(core.memory)
    return HeldAnswer(try await groups(request, in: name, meter, explanation), meter)
  }

  private func groups(
    _ request: GroupsRequest, in name: String, _ meter: AnswerMeter,
    _ explanation: QueryExplanation?
  ) async throws(CollectionError) -> [PointGroup] {
    let collection = try collection(named: name)
    var resolved = request
    resolved.query.root = try await lookingUp(request.query.root, for: collection)
    let groups = try await collection.groups(
      resolved, meter: meter, explanation: explanation)
    guard let lookup = request.lookup else { return groups }
    let records = try await self.collection(referredToAs: lookup.collection).retrieve(
      groups.compactMap(\.id.pointID), withPayload: lookup.withPayload,
      withVector: lookup.withVector, meter: meter)
    let byID = Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
    return groups.map { group in
      PointGroup(id: group.id, hits: group.hits, lookup: group.id.pointID.flatMap { byID[$0] })
    }
  }

  private func lookingUp(
    _ requests: [QueryRequest], for collection: PointCollection
  ) async throws(CollectionError) -> [QueryRequest] {
    if !requests.contains(where: \.root.looksUp) { return requests }
    var resolved = requests
    for index in resolved.indices {
      resolved[index].root = try await lookingUp(resolved[index].root, for: collection)
    }
    return resolved
  }

  /// A tree with the vectors of the points that it looks up. Those of the searched collection are
  /// not among the answers.
  private func lookingUp(
    _ root: QueryNode, for collection: PointCollection
  ) async throws(CollectionError) -> QueryNode {
    var searched: Set<PointID> = []
    var resolved = try await lookingUp(root, for: collection, &searched)
    resolved.filter = ReferenceResolver.excluding(searched, root.filter)
    return resolved
  }

  private func lookingUp(
    _ node: QueryNode, for collection: PointCollection, _ searched: inout Set<PointID>
  ) async throws(CollectionError) -> QueryNode {
    var resolved = node
    if let location = node.lookupFrom, node.query != nil {
      let source = try self.collection(referredToAs: location.collection)
      let (found, points) = try await ReferenceResolver.looked(up: node, in: source)
      resolved = found
      if source === collection { searched.formUnion(points) }
    }
    for index in resolved.prefetch.indices {
      resolved.prefetch[index] = try await lookingUp(
        resolved.prefetch[index], for: collection, &searched)
    }
    return resolved
  }
}

extension QueryNode {
  /// Whether a point of another collection is looked up in the tree.
  fileprivate var looksUp: Bool { lookupFrom != nil || prefetch.contains(where: \.looksUp) }
}
