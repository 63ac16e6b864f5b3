package import PointModel

/// Lists what is stored and removes it, by document, chunk or filter.
public struct DocumentService: Sendable {
  private let store: any VectorStore
  private let gate: CollectionGate
  private let limits: GatewayLimits

  /// A service over a store.
  public init(store: any VectorStore, gate: CollectionGate, limits: GatewayLimits = .init()) {
    self.store = store
    self.gate = gate
    self.limits = limits
  }

  /// Which chunks are meant.
  package enum Selection: Sendable, Equatable {
    /// Those with these ids, their own or their points'.
    case chunks([String])
    /// Those of a document, but for those with these ids.
    case document(String, keeping: Set<String>)
    /// Those with these ids of their own that another client than the gateway made.
    case foreign(chunks: [String])
    /// Those that pass a filter.
    case filter(Filter)

    private static let source = PayloadPath(steps: [.key("metadata"), .key("source")])
    private static let fingerprint = PayloadPath(steps: [.key(IndexedChunk.fingerprintKey)])
    private static let chunkID = PayloadPath(steps: [.key("metadata"), .key("chunk_id")])

    /// What the points of the chunks pass.
    var filter: Filter {
      switch self {
      case .filter(let filter): filter
      case .document(let name, _):
        Filter(must: [.match(key: Self.source, .value(.string(name)))])
      case .foreign(let ids):
        Filter(
          must: [.filter(Self.chunks(ids).filter), .isEmpty(key: Self.fingerprint)])
      case .chunks(let ids):
        // The same text may be a chunk's own id, a whole number, or the id of a point.
        Filter(should: [
          .match(key: Self.chunkID, .any(Set(ids.map { .string($0) }))),
          .match(key: Self.chunkID, .any(Set(ids.compactMap { Int64($0).map { .integer($0) } }))),
          .hasID(Set(ids.compactMap { PointUUID($0).map { .uuid($0) } })),
        ])
      }
    }

    func keeps(_ chunk: StoredChunk) -> Bool {
      if case .document(_, let kept) = self { kept.contains(chunk.chunkID) } else { false }
    }
  }

  /// Removes what is meant, as far as the caller may see it; returns the number of chunks.
  package func delete(
    _ selection: Selection, by caller: Caller
  ) async throws(GatewayError) -> Int {
    let filter = caller.narrowed(selection.filter)
    return try await emptyWhenMissing(0) { () async throws(GatewayError) in
      var doomed: [PointID] = []
      var chunks: Set<PointID> = []
      var start: PointID?
      repeat {
        let page = try await store.list(filter, from: start, limit: limits.pointsPerPage)
        for chunk in page.chunks where !selection.keeps(chunk) {
          doomed.append(chunk.id)
          chunks.insert(chunk.parent)
        }
        start = page.next
      } while start != nil
      try await store.delete(doomed)
      return chunks.count
    }
  }

  /// A page of the chunks that pass a filter, with where the next one begins.
  package func chunks(
    _ filter: Filter?, from start: PointID?, limit: Int, by caller: Caller
  ) async throws(GatewayError) -> (chunks: [StoredChunk], next: PointID?) {
    try await emptyWhenMissing(([], nil)) { () async throws(GatewayError) in
      let page = try await store.list(caller.narrowed(filter), from: start, limit: limit)
      // Windows are parts of chunks that are listed themselves.
      return (page.chunks.filter { $0.id == $0.parent }, page.next)
    }
  }

  /// The documents that chunks name as their source.
  package func documents(
    by caller: Caller
  ) async throws(GatewayError) -> [(name: String, points: Int)] {
    try await emptyWhenMissing([]) { () async throws(GatewayError) in
      try await store.documents(caller.narrowed(nil), limit: limits.documentsListed)
    }
  }

  private func emptyWhenMissing<Result>(
    _ empty: Result, _ work: () async throws(GatewayError) -> Result
  ) async throws(GatewayError) -> Result {
    do throws(GatewayError) {
      return try await gate.retrying(work)
    } catch .collectionMissing {
      return empty
    }
  }
}
