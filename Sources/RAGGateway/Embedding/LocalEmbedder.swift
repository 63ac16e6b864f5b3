import HTTPTransfer
import NIOPosix
public import SentenceEmbedding

/// Embeds with the model in this process, on threads of its own: one a core, so that the threads
/// that serve requests never wait for a matrix product.
public final class LocalEmbedder: Embedder {
  /// Texts in one piece of work: small, so that a question waits behind little of an upload.
  private static let batchTextsMax = 4

  private let model: SentenceEmbedder
  private let threads: Int
  private let figures: GatewayFigures
  private let pool: NIOThreadPool

  /// Opens the model and compares its vectors with known ones. Blocks for some hundred
  /// milliseconds.
  ///
  /// - Throws: `EmbeddingModelError` when a file is missing or damaged, or the vectors are wrong.
  public init(
    modelFolder: String, model kind: LocalModel = .miniLM, threads: Int,
    figures: GatewayFigures = .init()
  ) throws(EmbeddingModelError) {
    model = try SentenceEmbedder(modelFolder: modelFolder, model: kind)
    try model.verify()
    self.threads = max(1, threads)
    self.figures = figures
    pool = NIOThreadPool(numberOfThreads: self.threads)
    pool.start()
  }

  /// Ends the threads once their work is done.
  public func shutdown() async {
    try? await pool.shutdownGracefully()
  }

  /// Components of every vector.
  public var dimension: Int { model.dimension }

  /// Measured for each model.
  public var similarityThreshold: Float { SimilarityThreshold.standard(forModel: model.modelName) }

  /// That of the texts that the model was trained on.
  public var language: String? { model.kind.language }

  /// The model; never fails.
  public func identity() async throws(GatewayError) -> EmbeddingIdentity {
    EmbeddingIdentity(provider: "local", model: model.modelName, dimension: model.dimension)
  }

  /// Tokens that the model reads, the two that frame a text included.
  public var longestText: Int { model.maximumTokens }

  /// Tokens, the two that frame a text included.
  public func length(of text: String) -> Int { model.tokenCount(text) }

  /// Embeds on the own threads; a cancelled task stops at the next batch.
  public func embed(_ texts: [String]) async throws(GatewayError) -> [[Float]] {
    try await run(texts) { model, batch in try model.embed(batch) }
  }

  /// As `embed`, with the signs of the tokens' vectors where bounds on them are known.
  public func read(_ texts: [String]) async throws(GatewayError) -> [EmbeddedText] {
    guard comparesTokens else {
      return try await embed(texts).map { EmbeddedText(vector: $0, tokens: nil) }
    }
    return try await run(texts) { model, batch in
      try model.read(batch).map { reading in
        EmbeddedText(
          vector: reading.vector,
          tokens: TokenBits(dimension: model.dimension, vectors: reading.tokens))
      }
    }
  }

  /// The question's vector with those of its tokens.
  public func read(question: String) async throws(GatewayError) -> EmbeddedQuestion {
    let comparesTokens = comparesTokens
    let read = try await run([question]) { model, batch in
      try model.read(batch, as: .question).map {
        EmbeddedQuestion(vector: $0.vector, tokens: comparesTokens ? $0.tokens : nil)
      }
    }
    guard let first = read.first else { throw .embeddingFailed("no vector for the question") }
    return first
  }

  /// Late interaction was measured with one model.
  private var comparesTokens: Bool { model.kind == .miniLM }

  private func run<Result: Sendable>(
    _ texts: [String],
    _ work: @escaping @Sendable (SentenceEmbedder, [String]) throws -> [Result]
  ) async throws(GatewayError) -> [Result] {
    guard !texts.isEmpty else { return [] }
    let batches = BatchRunner.batches(of: texts, count: Self.batchTextsMax, characters: .max)
    figures.add(batches.count, to: .embeddingBatches)
    figures.add(texts.count, to: .embeddingTexts)
    return try await BatchRunner.run(batches, concurrency: threads) {
      [pool, model] batch in
      guard !Task.isCancelled else {
        return .failure(.embeddingFailed("the request was cancelled"))
      }
      // A single text may have thousands of windows.
      if let left = RequestDeadline.secondsLeft, left <= 0 { return .failure(.outOfTime) }
      do {
        return .success(try await pool.runIfActive { try work(model, batch) })
      } catch {
        return .failure(.embeddingFailed("\(error)"))
      }
    }
  }

  /// Always ready: the model was checked when it was opened.
  public func checkReadiness() async throws(GatewayError) {}
}
