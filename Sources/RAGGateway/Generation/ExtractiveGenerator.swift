/// Answers with the passages' own best sentences, word for word; no language model is involved.
///
/// Sentences are ranked by cosine with the question; one to three are taken by maximal marginal
/// relevance. Costs one embedding for each sentence that was not met lately.
public struct ExtractiveGenerator: AnswerGenerator {
  private static let sentencesTaken = 3
  /// Weight of relevance against novelty.
  private static let relevance: Float = 0.7
  /// How far below the best a further sentence may lie.
  private static let tolerance: Float = 0.1
  /// Two sentences nearer than this say the same.
  private static let sameness: Float = 0.92

  private let sentences: SentenceVectors
  private let limits: GatewayLimits

  /// A generator that compares sentences with `embedder`.
  public init(embedder: any Embedder, limits: GatewayLimits = .init()) {
    sentences = SentenceVectors(embedder: embedder, bytes: limits.sentenceVectorBytes)
    self.limits = limits
  }

  /// Quotes the best sentences. Confidence is the best passage's score, 0.25…0.75 stretched to
  /// 0…1: a measure of retrieval, not of truth.
  public func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
    let candidates = QuotableSentence.candidates(
      in: request.chunks, limit: limits.candidateSentences)
    let chosen =
      candidates.isEmpty
      ? [] : try await choose(from: candidates, nearest: request.questionVector)
    let top = request.chunks.map(\.score).max() ?? 0
    let quotes = chosen.isEmpty ? Self.opening(of: request.chunks) : chosen
    return Answer(
      title: Self.title(for: request, quotes: quotes),
      summary: quotes.map { "“\($0.sentence.quote)” [\($0.sentence.chunk + 1)]" }
        .joined(separator: " "),
      confidence: Self.confidence(top: top),
      citations: quotes.map { quote in
        Citation(
          number: quote.sentence.chunk + 1, chunkID: request.chunks[quote.sentence.chunk].chunkID,
          quote: quote.sentence.quote, score: quote.score)
      },
      generator: GeneratorNote(
        provider: "extractive",
        notice: "No language model is configured: the summary quotes the best matching sentences."))
  }

  /// `clamp((top − 0.25) / 0.5)`, to two decimals.
  package static func confidence(top: Float) -> Double {
    let stretched = min(max((Double(top) - 0.25) / 0.5, 0), 1)
    return (stretched * 100).rounded() / 100
  }

  private func choose(
    from candidates: [QuotableSentence], nearest question: [Float]
  ) async throws(GatewayError) -> [ScoredSentence] {
    let vectors = try await sentences.vectors(of: candidates.map(\.sentence))
    let scores = vectors.map { Similarity.cosine($0, question) }
    guard let best = scores.max() else { return [] }
    var taken: [Int] = []
    while taken.count < Self.sentencesTaken {
      var next: (index: Int, value: Float)?
      for index in candidates.indices where !taken.contains(index) {
        let repetition = taken.map { Similarity.cosine(vectors[index], vectors[$0]) }.max() ?? 0
        if scores[index] < best - Self.tolerance || repetition > Self.sameness { continue }
        let value = Self.relevance * scores[index] - (1 - Self.relevance) * repetition
        if value > next?.value ?? -.infinity { next = (index, value) }
      }
      guard let next else { break }
      taken.append(next.index)
    }
    return taken.sorted().map { ScoredSentence(sentence: candidates[$0], score: scores[$0]) }
  }

  /// The beginning of the best passage, for passages without a quotable sentence.
  private static func opening(of chunks: [RetrievedChunk]) -> [ScoredSentence] {
    guard let first = chunks.first else { return [] }
    let text = String(first.text.trimmed.prefix(300))
    return [
      ScoredSentence(
        sentence: QuotableSentence(chunk: 0, sentence: text, quote: text), score: first.score)
    ]
  }

  private static func title(for request: AnswerRequest, quotes: [ScoredSentence]) -> String {
    let best = quotes.max { $0.score < $1.score }
    let title = best.map { request.chunks[$0.sentence.chunk].title } ?? ""
    return title.isEmpty ? String(request.question.collapsed.prefix(120)) : title
  }
}

/// A sentence with its similarity to the question.
private struct ScoredSentence {
  let sentence: QuotableSentence
  let score: Float
}

/// Nearness of two vectors.
enum Similarity {
  /// The cosine of the angle between two vectors of one length; 0 when either is zero.
  static func cosine(_ left: [Float], _ right: [Float]) -> Float {
    var product: Float = 0
    var leftSquare: Float = 0
    var rightSquare: Float = 0
    for (a, b) in zip(left, right) {
      product += a * b
      leftSquare += a * a
      rightSquare += b * b
    }
    let length = (leftSquare * rightSquare).squareRoot()
    return length > 0 ? product / length : 0
  }
}
