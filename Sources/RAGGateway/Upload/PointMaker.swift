import PointModel
import TextAnalysis

/// Makes the points of chunks by a recipe: their parts, vectors, words and token vectors.
struct PointMaker: Sendable {
  let embedder: any Embedder
  let identity: EmbeddingIdentity
  let recipe: EmbeddingRecipe
  let tenant: String

  func fingerprint(of chunk: Chunk) -> ChunkFingerprint {
    ChunkFingerprint(of: chunk, embeddingModel: identity.model, recipe: recipe)
  }

  /// The points of a chunk that has `count` parts, without what is made of its text.
  func parts(of chunk: Chunk, id: PointUUID, count: Int) -> [IndexedChunk] {
    var fingerprint = fingerprint(of: chunk)
    fingerprint.parts = count
    return (0..<count).map { index in
      IndexedChunk(
        id: index == 0 ? id : ChunkNaming.window(index, of: id), chunk: chunk,
        fingerprint: fingerprint, tenant: tenant,
        window: index == 0 ? nil : .init(parent: id, index: index))
    }
  }

  /// All points of each chunk, its beginning first.
  ///
  /// - Throws: `GatewayError.embeddingFailed` also for vectors that nothing can be found by.
  func points(
    for chunks: [(id: PointUUID, chunk: Chunk)]
  ) async throws(GatewayError) -> [[StorePoint]] {
    let windows = chunks.map { entry in
      recipe == .text
        ? [entry.chunk.pageContent]
        : EmbeddedLayout.windows(
          of: entry.chunk.pageContent, title: entry.chunk.title, embedder: embedder)
    }
    let texts = zip(chunks, windows).flatMap { entry, windows in
      windows.map { text in
        recipe == .text
          ? text : EmbeddedLayout(title: entry.chunk.title, body: text).text
      }
    }
    let read = try await embedder.read(texts)
    guard read.count == texts.count,
      read.allSatisfy({ $0.vector.count == identity.dimension })
    else { throw .embeddingFailed("the number or the size of the vectors is wrong") }
    guard read.allSatisfy({ Self.isUsable($0.vector) }) else {
      throw .embeddingFailed("\(identity.model) made a vector of zeros, which nothing can be near")
    }
    var next = 0
    return zip(chunks, windows).map { entry, windows in
      defer { next += windows.count }
      return points(
        of: entry, windows: windows, read: read[next..<(next + windows.count)],
        texts: texts[next..<(next + windows.count)])
    }
  }

  private func points(
    of entry: (id: PointUUID, chunk: Chunk), windows: [String],
    read: ArraySlice<EmbeddedText>, texts: ArraySlice<String>
  ) -> [StorePoint] {
    let parts = parts(of: entry.chunk, id: entry.id, count: windows.count)
    return zip(zip(parts, windows), zip(read, texts)).map { part, made in
      var chunk = part.0
      if windows.count > 1 {
        if let window = chunk.window {
          chunk = IndexedChunk(
            id: chunk.id, chunk: Chunk(pageContent: part.1, metadata: entry.chunk.metadata),
            fingerprint: chunk.fingerprint, tenant: tenant, window: window)
        } else {
          chunk.opening = part.1
        }
      }
      if recipe != .text { chunk.tokens = made.0.tokens }
      let words = recipe == .text ? nil : Words.of(passage: made.1)
      return StorePoint(chunk: chunk, vector: made.0.vector, words: words)
    }
  }

  private static func isUsable(_ vector: [Float]) -> Bool {
    vector.contains { $0 != 0 } && vector.allSatisfy(\.isFinite)
  }
}

/// The words of texts as the weights of BM25, by the model `qdrant/bm25` of the server.
enum Words {
  private static let model = BM25Models.shared.model(BM25Parameters(averageLength: 100))

  /// `nil` for a text in which no word counts.
  static func of(passage text: String) -> SparseVector? {
    let words = model.documentVector(text)
    return words.indices.isEmpty ? nil : words
  }

  /// `nil` for a question in which no word counts.
  static func of(question text: String) -> SparseVector? {
    let words = model.queryVector(text)
    return words.indices.isEmpty ? nil : words
  }
}
