import FastJSON
public import PointModel
import QdrantAPI
import QdrantClient
public import SentenceEmbedding

extension QdrantStore {
  /// The members of a payload that a passage is made of.
  private static let shown: [PayloadPath] = [
    PayloadPath(steps: [.key("page_content")]), PayloadPath(steps: [.key("metadata")]),
    path("parent"), path("opening"), path("tenant"),
  ]

  private static func path(_ member: String) -> PayloadPath {
    PayloadPath(steps: [.key(IndexedChunk.fingerprintKey), .key(member)])
  }

  /// One query by vector. With words, both scores of all that either brings: two queries over the
  /// same candidates, the second for numbers alone.
  public func search(_ query: StoreQuery) async throws(GatewayError) -> [StoredMatch] {
    let near = Query.nearest(.dense(query.vector))
    guard let words = query.words, !words.indices.isEmpty else {
      let request = QueryRequest(
        query: near, filter: query.filter, limit: query.limit, withPayload: .include(Self.shown))
      return try await run(request).compactMap { Self.match($0) }
    }
    let shared = Query.nearest(.value(.sparse(words)))
    let candidates = [
      QueryNode(query: near, filter: query.filter, limit: query.limit),
      QueryNode(query: shared, using: Self.wordsName, filter: query.filter, limit: query.limit),
    ]
    let byVector = QueryRequest(
      prefetch: candidates, query: near, limit: 2 * query.limit,
      withPayload: .include(Self.shown))
    let byWords = QueryRequest(
      prefetch: candidates, query: shared, using: Self.wordsName, limit: 2 * query.limit)
    async let vectorScores = outcome(byVector)
    async let wordScores = outcome(byWords)
    var lexical: [PointID: Float] = [:]
    for point in try await wordScores.get() { lexical[point.record.id] = point.score }
    return try await vectorScores.get().compactMap { point in
      var match = Self.match(point)
      match?.lexical = lexical[point.record.id] ?? 0
      return match
    }
  }

  private func outcome(_ request: QueryRequest) async -> Result<[ScoredPoint], GatewayError> {
    do throws(GatewayError) {
      return .success(try await run(request))
    } catch {
      return .failure(error)
    }
  }

  private func run(_ request: QueryRequest) async throws(GatewayError) -> [ScoredPoint] {
    do {
      return try await remote.query(request)
    } catch {
      throw failure(error)
    }
  }

  /// One request for the token vectors alone.
  public func tokens(of ids: [PointID]) async throws(GatewayError) -> [PointID: TokenBits] {
    guard !ids.isEmpty else { return [:] }
    let request = RetrieveRequest(
      ids: ids, withPayload: .include([Self.path("tokens")]), withVector: .none)
    let records: [Record]
    do {
      records = try await remote.retrieve(request)
    } catch {
      throw failure(error)
    }
    var found: [PointID: TokenBits] = [:]
    for record in records {
      let own = try? record.payload?.parsed()[IndexedChunk.fingerprintKey]
      guard let text = own?["tokens"]?.stringValue else { continue }
      found[record.id] = TokenBits(text: text)
    }
    return found
  }

  /// One page of a scroll.
  public func list(
    _ filter: Filter?, from start: PointID?, limit: Int
  ) async throws(GatewayError) -> (chunks: [StoredChunk], next: PointID?) {
    do {
      let page = try await remote.page(
        filter, from: start, limit: limit, payload: Self.shown)
      return (page.records.map { Self.chunk($0) }, page.next)
    } catch {
      throw failure(error)
    }
  }

  /// One exact count.
  public func count(_ filter: Filter?) async throws(GatewayError) -> Int {
    do {
      return try await remote.count(filter)
    } catch {
      throw failure(error)
    }
  }

  /// One facet over the sources.
  public func documents(
    _ filter: Filter?, limit: Int
  ) async throws(GatewayError) -> [ListedDocument] {
    var body: JSONObjectValue = [
      "key": .string("metadata.source"), "limit": .integer(Int64(limit)), "exact": .bool(true),
    ]
    if let filter { body["filter"] = ClientRequest.filter(filter) }
    let hits: [JSONElement]
    do {
      hits = try await remote.facet(body).object?["hits"]?.array.map { Array($0) } ?? []
    } catch .refused(_, 400, _) {
      // A collection that another client made has no index of the field yet.
      do {
        try await remote.createIndex(of: "metadata.source", schema: .string("keyword"))
        hits = try await remote.facet(body).object?["hits"]?.array.map { Array($0) } ?? []
      } catch {
        throw failure(error)
      }
    } catch {
      throw failure(error)
    }
    return hits.compactMap { hit in
      guard let name = hit.object?["value"]?.string, let count = hit.object?["count"]?.int64 else {
        return nil
      }
      return ListedDocument(name: name, chunks: Int(count))
    }
  }

  /// A point that is no chunk (no `page_content`) is left out: there is nothing to answer from.
  private static func match(_ point: ScoredPoint) -> StoredMatch? {
    guard let payload = try? point.record.payload?.parsed(),
      let text = payload["page_content"]?.stringValue
    else { return nil }
    let own = payload[IndexedChunk.fingerprintKey]
    let chunk = Chunk(
      pageContent: own?["opening"]?.stringValue ?? text,
      metadata: payload["metadata"]?.objectValue ?? .init())
    return StoredMatch(
      id: point.record.id, parent: parent(in: own) ?? point.record.id, chunk: chunk,
      similarity: point.score)
  }

  private static func chunk(_ record: Record) -> StoredChunk {
    let payload = (try? record.payload?.parsed()) ?? JSONObjectValue()
    let own = payload[IndexedChunk.fingerprintKey]
    return StoredChunk(
      id: record.id, parent: parent(in: own) ?? record.id,
      chunk: Chunk(
        pageContent: payload["page_content"]?.stringValue ?? "",
        metadata: payload["metadata"]?.objectValue ?? .init()),
      tenant: own?["tenant"]?.stringValue ?? "")
  }

  private static func parent(in own: JSONValue?) -> PointID? {
    own?["parent"]?.stringValue.flatMap { PointUUID($0) }.map { .uuid($0) }
  }
}
