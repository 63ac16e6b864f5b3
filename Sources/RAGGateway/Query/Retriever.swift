import FastJSON
package import HTTPTransfer
public import PointModel
import RequestTracing
import SentenceEmbedding
import Synchronization

/// Finds the passages for a question.
///
/// First what is near in meaning and what shares words; the best of it is ordered anew by late
/// interaction: how near the nearest token of a passage is to each of the question's. The signals
/// are brought to one scale by their spread over the candidates and added up. A question is refused
/// when no passage comes near enough by the signal that tells best.
public struct Retriever: Sendable {
  /// Weights and bounds, measured on questions of published FAQs.
  enum Recipe {
    /// What each of vector and words may bring.
    static let candidates = 50
    /// How many of them late interaction looks at.
    static let reordered = 20
    static let lexicalWeight: Float = 0.25
    static let lateWeight: Float = 1
    /// A question is refused when late interaction and half the similarity are together below this
    /// for all passages.
    static let leastEvidence: Float = 0.47
    /// Below this late interaction a passage has nothing to do with the question.
    static let leastLateInteraction: Float = 0.29
    /// Below this similarity, and that late interaction, a passage is left out.
    static let leastSimilarity: Float = 0.20
    /// Passages whose words are the same to this share say the same.
    static let sameWords = 0.9
  }

  let embedder: any Embedder
  let store: any VectorStore
  let gate: CollectionGate
  let threshold: Float?
  let reranker: (any Reranker)?

  /// A retriever; passages below `threshold` are left out, where one is given.
  public init(
    embedder: any Embedder, store: any VectorStore, gate: CollectionGate, threshold: Float?,
    reranker: (any Reranker)? = nil
  ) {
    self.embedder = embedder
    self.store = store
    self.gate = gate
    self.threshold = threshold
    self.reranker = reranker
  }

  /// The best `limit` passages that pass `filter`, or why there is none.
  ///
  /// - Throws: `GatewayError` when the store or the embedder fails. A collection that does not
  ///   exist is no failure: then nothing has been stored yet, or no longer is.
  public func retrieve(
    _ question: String, limit: Int, filter: Filter?
  ) async throws(GatewayError) -> Retrieval {
    do throws(GatewayError) {
      return try await gate.retrying { () async throws(GatewayError) in
        try await attempt(question, limit, filter)
      }
    } catch .collectionMissing {
      return Retrieval(question: question, outcome: .nothingStored(store.collection))
    }
  }

  private func attempt(
    _ question: String, _ limit: Int, _ filter: Filter?
  ) async throws(GatewayError) -> Retrieval {
    guard let recipe = try await gate.openForReading() else {
      return Retrieval(question: question, outcome: .nothingStored(store.collection))
    }
    let asked = try await TraceStage.span("embed") { () async throws(GatewayError) in
      try await embedder.read(question: question)
    }
    let words = recipe == .text ? nil : Words.of(question: question)
    let found = try await store.search(
      StoreQuery(
        vector: asked.vector, words: words, filter: filter,
        limit: max(Recipe.candidates, 2 * limit)))
    var candidates = Self.folded(Self.ranked(found))
    if recipe != .text, let tokens = asked.tokens {
      candidates = try await reordered(candidates, by: tokens, limit: limit)
    }
    let verdict = verdict(on: candidates)
    guard verdict.isEnough else {
      return Retrieval(
        question: question, vectors: asked, outcome: .nothingNear(verdict.bar),
        best: candidates.first.map(passage))
    }
    var kept = candidates.filter { isNear($0, usesTokens: verdict.usesTokens) }
    if let reranker { kept = try await reranked(kept, question, by: reranker) }
    return Retrieval(
      question: question, vectors: asked, outcome: .found(kept.prefix(limit).map(passage)),
      lead: Self.lead(of: kept), best: kept.first.map(passage))
  }

  /// A match on its way through the stages.
  struct Candidate {
    let match: StoredMatch
    var signals: RetrievalSignals
    var tokens: TokenBits?
  }

  /// Best first, of all parts of a chunk the best alone.
  private static func ranked(_ found: [StoredMatch]) -> [Candidate] {
    let similarity = Scale(found.map(\.similarity))
    let lexical = Scale(found.compactMap(\.lexical))
    let candidates = found.map { match in
      var signals = RetrievalSignals()
      signals.similarity = match.similarity
      signals.lexical = match.lexical
      signals.fused = similarity.score(match.similarity)
      if let words = match.lexical { signals.fused += Recipe.lexicalWeight * lexical.score(words) }
      return Candidate(match: match, signals: signals)
    }
    var seen: Set<PointID> = []
    return candidates.sorted { $0.signals.fused > $1.signals.fused }
      .filter { seen.insert($0.match.parent).inserted }
  }

  /// Without passages that say nearly word by word what a better one says.
  private static func folded(_ candidates: [Candidate]) -> [Candidate] {
    var kept: [Candidate] = []
    var words: [Set<Substring>] = []
    for candidate in candidates {
      let own = Set(candidate.match.chunk.pageContent.split(whereSeparator: \.isWhitespace))
      let isKnown =
        kept.count < Recipe.candidates
        && words.contains { known in
          let shared = known.intersection(own).count
          return Double(shared) >= Recipe.sameWords * Double(known.count + own.count - shared)
        }
      if isKnown { continue }
      kept.append(candidate)
      words.append(own)
    }
    return kept
  }

  /// The best by late interaction as well; those beyond keep their order behind them.
  private func reordered(
    _ candidates: [Candidate], by question: [Float], limit: Int
  ) async throws(GatewayError) -> [Candidate] {
    let count = min(candidates.count, max(Recipe.reordered, limit))
    var best = Array(candidates.prefix(count))
    let tokens = try await store.tokens(of: best.map(\.match.id))
    guard !tokens.isEmpty else { return candidates }
    for index in best.indices {
      guard let bits = tokens[best[index].match.id] else { continue }
      best[index].tokens = bits
      best[index].signals.lateInteraction = bits.lateInteraction(with: question)
    }
    let late = Scale(best.compactMap(\.signals.lateInteraction))
    for index in best.indices {
      // A passage without tokens, of another client, counts as an average one.
      let score = best[index].signals.lateInteraction.map { late.score($0) } ?? 0
      best[index].signals.fused += Recipe.lateWeight * score
    }
    best.sort { $0.signals.fused > $1.signals.fused }
    return best + candidates.dropFirst(count)
  }

  private func verdict(
    on candidates: [Candidate]
  ) -> (isEnough: Bool, usesTokens: Bool, bar: Float) {
    let evidence = candidates.compactMap { candidate in
      candidate.signals.lateInteraction.map { $0 + candidate.signals.similarity / 2 }
    }.max()
    let similarity = candidates.map(\.signals.similarity).max() ?? -.infinity
    if let threshold { return (similarity >= threshold, false, threshold) }
    if let evidence {
      return (evidence >= Recipe.leastEvidence, true, Recipe.leastEvidence)
    }
    let bar = embedder.similarityThreshold
    return (similarity >= bar, false, bar)
  }

  private func isNear(_ candidate: Candidate, usesTokens: Bool) -> Bool {
    if let threshold { return candidate.signals.similarity >= threshold }
    guard usesTokens else { return candidate.signals.similarity >= embedder.similarityThreshold }
    return candidate.signals.similarity >= Recipe.leastSimilarity
      || candidate.signals.lateInteraction ?? 0 >= Recipe.leastLateInteraction
  }

  private func reranked(
    _ candidates: [Candidate], _ question: String, by reranker: any Reranker
  ) async throws(GatewayError) -> [Candidate] {
    var best = Array(candidates.prefix(Recipe.reordered))
    guard best.count > 1 else { return candidates }
    let scores = try await reranker.scores(
      of: best.map(\.match.chunk.pageContent), for: question)
    for (index, score) in zip(best.indices, scores) { best[index].signals.rerank = score }
    best.sort { $0.signals.rerank ?? -.infinity > $1.signals.rerank ?? -.infinity }
    return best + candidates.dropFirst(best.count)
  }

  /// How far the best passage is ahead of the next.
  private static func lead(of candidates: [Candidate]) -> Float {
    guard let first = candidates.first else { return 0 }
    guard candidates.count > 1 else { return 1 }
    return first.signals.fused - candidates[1].signals.fused
  }

  private func passage(_ candidate: Candidate) -> RetrievedChunk {
    let chunk = candidate.match.chunk
    return RetrievedChunk(
      chunkID: chunk.chunkID ?? candidate.match.parent.description, title: chunk.title,
      text: chunk.pageContent, score: candidate.signals.similarity, metadata: chunk.metadata,
      tokens: candidate.tokens, signals: candidate.signals)
  }

  /// Brings the numbers of one signal to their distance from the mean in standard deviations.
  private struct Scale {
    private let mean: Float
    private let deviation: Float

    init(_ values: [Float]) {
      let mean = values.isEmpty ? 0 : values.reduce(0, +) / Float(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      self.mean = mean
      deviation = values.isEmpty ? 0 : (squares / Float(values.count)).squareRoot()
    }

    func score(_ value: Float) -> Float { deviation > 1e-6 ? (value - mean) / deviation : 0 }
  }
}

/// What was found for a question.
public struct Retrieval: Sendable, Equatable {
  /// What came of the search.
  public enum Outcome: Sendable, Equatable {
    /// Passages, best first.
    case found([RetrievedChunk])
    /// Nothing comes near enough; with what it would have taken.
    case nothingNear(Float)
    /// The collection of this name does not exist.
    case nothingStored(String)
  }

  /// The question that was searched for.
  public let question: String
  /// Its vectors; `nil` when nothing is stored.
  public var vectors: EmbeddedQuestion?
  /// What came of the search.
  public let outcome: Outcome
  /// How far the best passage is ahead of the next, on the scale of the order.
  public var lead: Float = 0
  /// The best that there is, be it near or not.
  public var best: RetrievedChunk?

  /// The passages; none unless some were found.
  public var passages: [RetrievedChunk] {
    if case .found(let passages) = outcome { passages } else { [] }
  }
}

/// Says how well passages answer a question.
public protocol Reranker: Sendable {
  /// A score for every passage, in their order; larger is better.
  func scores(of passages: [String], for question: String) async throws(GatewayError) -> [Float]
}

/// Asks a service with the widespread `POST /rerank` (`query`, `documents`; `results` with `index`
/// and `relevance_score`).
public struct HTTPReranker: Reranker {
  private let endpoint: JSONEndpoint
  private let model: String?

  /// A reranker behind `endpoint`.
  package init(endpoint: JSONEndpoint, model: String?) {
    self.endpoint = endpoint
    self.model = model
  }

  /// One request for all passages.
  public func scores(
    of passages: [String], for question: String
  ) async throws(GatewayError) -> [Float] {
    var body: JSONObjectValue = [
      "query": .string(question), "documents": .array(passages.map { .string($0) }),
      "top_n": .integer(Int64(passages.count)), "return_documents": .bool(false),
    ]
    if let model { body["model"] = .string(model) }
    let reply: EndpointReply
    do {
      reply = try await endpoint.send(
        .post, "/rerank", body: JSONValue.object(body).serialized())
    } catch {
      throw error.isUnreachable
        ? .generationUnreachable("reranker: \(error.message)")
        : .generationFailed("reranker: \(error.message)")
    }
    guard reply.isSuccess else { throw .generationFailed("reranker: \(reply.complaint)") }
    var scores = [Float?](repeating: nil, count: passages.count)
    let results = reply.json?["results"]?.arrayValue ?? reply.json?.arrayValue ?? []
    for result in results {
      let score = result["relevance_score"]?.numberValue ?? result["score"]?.numberValue
      if let index = result["index"]?.numberValue.flatMap({ Int(exactly: $0) }), let score,
        scores.indices.contains(index)
      {
        scores[index] = Float(score)
      }
    }
    let known = scores.compactMap { $0 }
    guard known.count == passages.count else {
      throw .generationFailed(
        "reranker: \(known.count) scores for \(passages.count) passages")
    }
    return known
  }
}
