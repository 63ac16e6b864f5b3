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

/// How title and text are put together for the embedding model, so that the tokens of a sentence
/// can be found again among those of the whole: words are never joined across a line.
struct EmbeddedLayout {
  /// Characters of a title that are embedded with a passage.
  private static let titleCharactersMax = 160

  /// What the model is given.
  let text: String

  private let title: String
  private let sentences: [Sentence]

  /// The layout of a passage, or of a window of one, under a title.
  init(title: String, body: String) {
    self.title = String(title.collapsed.prefix(Self.titleCharactersMax))
    sentences = SentenceSplitter.sentences(of: body)
    let lines = sentences.map(\.text)
    text = ((self.title.isEmpty ? [] : [self.title]) + lines).joined(separator: "\n")
  }

  /// The rows of tokens that belong to each sentence of the body, by the lengths that `length`
  /// gives with the two tokens of the frame.
  func rows(length: (String) -> Int) -> [Range<Int>] {
    var next = title.isEmpty ? 0 : max(0, length(title) - 2)
    return sentences.map { sentence in
      let start = next
      next += max(0, length(sentence.text) - 2)
      return start..<next
    }
  }

  /// Parts of a text, each of which the model reads to its end together with the title.
  static func windows(of text: String, title: String, embedder: any Embedder) -> [String] {
    let whole = EmbeddedLayout(title: title, body: text)
    guard embedder.length(of: whole.text) > embedder.longestText else { return [text] }
    let shown = whole.title.isEmpty ? 0 : embedder.length(of: whole.title) - 2
    var splitter = PassageSplitter { max(0, embedder.length(of: $0) - 2) }
    splitter.targetTokens = max(16, embedder.longestText - 2 - shown)
    splitter.overlapTokens = min(40, splitter.targetTokens / 4)
    splitter.tokensBeforeHeading = splitter.targetTokens
    return splitter.passages(of: text)
  }
}
