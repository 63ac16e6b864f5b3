public import SentenceEmbedding
import TextAnalysis

/// Turns texts into vectors whose nearness is nearness of meaning.
public protocol Embedder: Sendable {
  /// Which model makes the vectors. May ask the provider once to learn the dimension.
  func identity() async throws(GatewayError) -> EmbeddingIdentity

  /// The least similarity at which a passage has something to do with a question: a property of
  /// the model, since every model has its own scale.
  var similarityThreshold: Float { get }

  /// The language that the model reads best; `nil` where it reads many, or nobody knows.
  var language: String? { get }

  /// Length, by `length(of:)`, of a text that is read to its end.
  var longestText: Int { get }

  /// The length of a text in the model's own measure, or an estimate of it.
  func length(of text: String) -> Int

  /// The vectors of `texts`, in their order: `texts.count` × dimension.
  func embed(_ texts: [String]) async throws(GatewayError) -> [[Float]]

  /// As `embed`, with the vectors of the tokens where the model gives them.
  func read(_ texts: [String]) async throws(GatewayError) -> [EmbeddedText]

  /// What a question is compared by.
  func read(question: String) async throws(GatewayError) -> EmbeddedQuestion

  /// Throws when the embedder can't work at the moment; makes no vectors.
  func checkReadiness() async throws(GatewayError)
}

extension Embedder {
  /// Not known.
  public var language: String? { nil }

  /// About 8,000 tokens, as services have it.
  public var longestText: Int { 7_500 }

  /// An estimate.
  public func length(of text: String) -> Int { TokenEstimate.of(text) }

  /// The vectors alone.
  public func read(_ texts: [String]) async throws(GatewayError) -> [EmbeddedText] {
    try await embed(texts).map { EmbeddedText(vector: $0, tokens: nil) }
  }

  /// The vector alone.
  public func read(question: String) async throws(GatewayError) -> EmbeddedQuestion {
    guard let vector = try await embed([question]).first else {
      throw .embeddingFailed("no vector for the question")
    }
    return EmbeddedQuestion(vector: vector, tokens: nil)
  }
}

/// A passage as it is stored.
public struct EmbeddedText: Sendable, Equatable {
  /// The vector of the whole.
  public let vector: [Float]
  /// The signs of the vectors of its tokens; `nil` where the model does not give them.
  public let tokens: TokenBits?

  /// A passage's vectors.
  public init(vector: [Float], tokens: TokenBits?) {
    self.vector = vector
    self.tokens = tokens
  }
}

/// A question as it is asked.
public struct EmbeddedQuestion: Sendable, Equatable {
  /// The vector of the whole.
  public let vector: [Float]
  /// The vectors of its tokens, of length 1, one after another; `nil` where the model does not give
  /// them.
  public let tokens: [Float]?

  /// A question's vectors.
  public init(vector: [Float], tokens: [Float]?) {
    self.vector = vector
    self.tokens = tokens
  }
}

/// The least similarity that means something, by embedding model.
enum SimilarityThreshold {
  /// Measured for all-MiniLM-L6-v2: questions with an answer score 0.38 and more, questions
  /// without one at most 0.25; and for multilingual-e5-small, where of 220 questions with an answer
  /// 3 score below 0.83, of 40 without one 34. The other models' scales are their makers' common
  /// practice.
  static func standard(forModel model: String) -> Float {
    let name = (model.split(separator: "/").last.map(String.init) ?? model).lowercased()
    if name.hasPrefix("text-embedding-ada") { return 0.75 }
    if name == "multilingual-e5-small" { return 0.83 }
    if name.contains("e5-") { return 0.75 }
    return 0.30
  }
}

/// Which model made a vector. Vectors of different identities can't be compared.
public struct EmbeddingIdentity: Sendable, Equatable {
  /// `local` or `openai`.
  public let provider: String
  /// The model's name as its provider knows it.
  public let model: String
  /// Components of a vector.
  public let dimension: Int

  /// An identity.
  public init(provider: String, model: String, dimension: Int) {
    self.provider = provider
    self.model = model
    self.dimension = dimension
  }
}

extension EmbeddingIdentity: CustomStringConvertible {
  /// As in "local/all-MiniLM-L6-v2 (384)".
  public var description: String { "\(provider)/\(model) (\(dimension))" }
}

/// Runs batches of texts through an embedder, a few at a time, and joins the vectors in order.
///
/// A failure stops the batches that have not begun.
package enum BatchRunner {
  /// What was made of a batch.
  package typealias Outcome<Made: Sendable> = Result<[Made], GatewayError>

  private struct Finished<Made: Sendable>: Sendable {
    let index: Int
    let outcome: Outcome<Made>
  }

  /// What is made of all batches, in their order, so many of them at a time.
  package static func run<Made: Sendable>(
    _ batches: [[String]], concurrency: Int,
    embed: @escaping @Sendable ([String]) async -> Outcome<Made>
  ) async throws(GatewayError) -> [Made] {
    if batches.count == 1 { return try await embed(batches[0]).get() }
    let joined = await withTaskGroup(
      of: Finished<Made>.self, returning: Outcome<Made>.self
    ) { group in
      var vectors = [[Made]](repeating: [], count: batches.count)
      var next = 0
      while next < min(concurrency, batches.count) {
        let index = next
        group.addTask { Finished(index: index, outcome: await embed(batches[index])) }
        next += 1
      }
      while let finished = await group.next() {
        switch finished.outcome {
        case .success(let found): vectors[finished.index] = found
        case .failure(let error):
          group.cancelAll()
          return .failure(error)
        }
        if next < batches.count {
          let index = next
          group.addTask { Finished(index: index, outcome: await embed(batches[index])) }
          next += 1
        }
      }
      return .success(vectors.flatMap { $0 })
    }
    return try joined.get()
  }

  /// Cuts `texts` into batches of at most `count` texts and about `characters` characters.
  static func batches(of texts: [String], count: Int, characters: Int) -> [[String]] {
    var batches: [[String]] = []
    var current: [String] = []
    var length = 0
    for text in texts {
      let size = text.utf8.count
      if !current.isEmpty, current.count == count || length + size > characters {
        batches.append(current)
        current = []
        length = 0
      }
      current.append(text)
      length += size
    }
    if !current.isEmpty { batches.append(current) }
    return batches
  }
}

/// Says so where questions or passages are in another language than the one that the embedding
/// model reads. The sentences have no mark at their end.
enum LanguageHint {
  private static let remedy =
    "things are found less well, and EMBEDDINGS__MODEL=multilingual-e5-small reads many languages"

  /// What to say of a question to a model that reads `language` alone; `nil` where the question may
  /// well be in it, or the model reads many.
  static func on(question: String, language: String?) -> String? {
    guard let language, isForeign(question, to: language) else { return nil }
    return
      "The question is evidently not in \(language), which the embedding model reads: \(remedy)"
  }

  /// As for a question, of passages some of which were found to be in another language.
  static func onPassages(language: String) -> String {
    "Some passages are evidently not in \(language), which the embedding model reads: \(remedy)"
  }

  /// Whether a text is evidently not in `language`. Only English is told apart.
  static func isForeign(_ text: String, to language: String?) -> Bool {
    language == "English" && LanguageGuess.isEvidentlyNotEnglish(text)
  }
}
