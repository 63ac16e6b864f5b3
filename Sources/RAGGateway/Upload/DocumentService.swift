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
    /// Those of a document.
    case document(String)
    /// Those of a document that the caller stored, but for those with these ids: what it no longer
    /// has.
    case rest(of: String, keeping: Set<String>)
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
      case .document(let name), .rest(of: let name, _):
        if let number = Int64(name) {
          // A whole number may be a document's name, too.
          Filter(should: [
            .match(key: Self.source, .value(.string(name))),
            .match(key: Self.source, .value(.integer(number))),
          ])
        } else {
          Filter(must: [.match(key: Self.source, .value(.string(name)))])
        }
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
      if case .rest(_, let kept) = self { kept.contains(chunk.chunkID) } else { false }
    }
  }

  /// Removes what is meant, as far as the caller may see it; returns the number of chunks.
  package func delete(
    _ selection: Selection, by caller: Caller
  ) async throws(GatewayError) -> Int {
    let isOwn = if case .rest = selection { true } else { false }
    let filter = isOwn ? caller.owned(selection.filter) : caller.narrowed(selection.filter)
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
      try await store.list(
        caller.narrowed(Self.wholeChunks(filter)), from: start, limit: limit)
    }
  }

  /// A page of the documents that chunks name as their source, in the order of their names.
  package func documents(
    from start: String?, limit: Int, by caller: Caller
  ) async throws(GatewayError) -> DocumentPage {
    let most = limits.documentsCounted
    let filter = caller.narrowed(Self.wholeChunks(nil))
    let (found, chunks) = try await emptyWhenMissing(([], 0)) { () async throws(GatewayError) in
      (try await store.documents(filter, limit: most + 1), try await store.count(filter))
    }
    guard found.count <= most else {
      throw .storeFailed("it holds more than \(most) documents, too many to be listed")
    }
    return DocumentPage(of: found, chunks: chunks, from: start, limit: limit)
  }

  /// A filter for whole chunks: windows are parts of such as pass it themselves.
  private static func wholeChunks(_ filter: Filter?) -> Filter {
    let parent = PayloadPath(steps: [.key(IndexedChunk.fingerprintKey), .key("parent")])
    return Filter(must: [.isEmpty(key: parent)] + (filter.map { [.filter($0)] } ?? []))
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

/// A document as it is listed.
public struct ListedDocument: Sendable, Equatable {
  /// What its chunks name as their source.
  public let name: String
  /// The number of its chunks.
  public let chunks: Int

  /// A document of so many chunks.
  public init(name: String, chunks: Int) {
    self.name = name
    self.chunks = chunks
  }
}

/// A page of a listing of documents.
package struct DocumentPage: Sendable, Equatable {
  /// Those of this page.
  package let documents: [ListedDocument]
  /// The number of those of all pages.
  package let total: Int
  /// The number of chunks that are of none of them, as they name no source in words.
  package let strayChunks: Int
  /// The first of the next page; `nil` after the last one.
  package let next: String?

  /// The page of `all` that begins with `start` or the first behind it, of so many chunks.
  init(of all: [ListedDocument], chunks: Int, from start: String?, limit: Int) {
    let start = start ?? ""
    // As bytes, so that the order is one, and each name has its own place in it.
    let left = all.filter { !$0.name.utf8.lexicographicallyPrecedes(start.utf8) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    documents = Array(left.prefix(limit))
    total = all.count
    // A chunk may name several, or have come between two questions to the store.
    strayChunks = max(0, chunks - all.reduce(0) { $0 + $1.chunks })
    next = left.dropFirst(limit).first?.name
  }
}
