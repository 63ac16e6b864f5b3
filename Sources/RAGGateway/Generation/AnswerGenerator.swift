public import Logging
import OutageLogging

/// Writes an answer to a question from passages that were found for it.
public protocol AnswerGenerator: Sendable {
  /// An answer from `request.chunks`, of which there is at least one.
  func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer

  /// As `answer`, and hands pieces of the summary to `say` while it is written. What was said may
  /// differ from the answer in the end, which alone counts.
  func answer(
    _ request: AnswerRequest, saying say: @escaping @Sendable (String) -> Void
  ) async throws(GatewayError) -> Answer

  /// The question so that it can be understood without the conversation before it.
  func standalone(
    _ question: String, after history: [ConversationTurn]
  ) async throws(GatewayError) -> String
}

extension AnswerGenerator {
  /// Says the summary once it is there.
  public func answer(
    _ request: AnswerRequest, saying say: @escaping @Sendable (String) -> Void
  ) async throws(GatewayError) -> Answer {
    let answer = try await answer(request)
    say(answer.summary)
    return answer
  }

  /// Puts the question before it in front of one that leans on it.
  public func standalone(
    _ question: String, after history: [ConversationTurn]
  ) async throws(GatewayError) -> String {
    FollowUp.standalone(question, after: history)
  }
}

/// A question with the passages found for it.
public struct AnswerRequest: Sendable {
  /// The question as it was asked.
  public let question: String
  /// The question's vector, by the embedder that found the passages.
  public let questionVector: [Float]
  /// Best first; the position from 1 on is the number a citation gives.
  public let chunks: [RetrievedChunk]
  /// How far the first passage is ahead of the next, on the scale of their order.
  public let lead: Float
  /// What was said before.
  public let history: [ConversationTurn]

  /// A question with its passages.
  public init(
    question: String, questionVector: [Float], chunks: [RetrievedChunk], lead: Float = 0,
    history: [ConversationTurn] = []
  ) {
    self.question = question
    self.questionVector = questionVector
    self.chunks = chunks
    self.lead = lead
    self.history = history
  }
}

/// What a generator made of the passages.
public struct Answer: Sendable, Equatable {
  /// A short title.
  public var title: String
  /// The answer, with citations as `[n]`.
  public var summary: String
  /// From 0 to 1.
  public var confidence: Double
  /// The passages that the summary refers to.
  public var citations: [Citation]
  /// Who wrote it.
  public var generator: GeneratorNote
  /// Whether a simpler generator stepped in for the configured one.
  public var isDegraded: Bool
  /// Whether the model declined; `summary` then holds its words.
  public var isRefusal: Bool

  /// An answer; `confidence` is brought into 0…1.
  public init(
    title: String, summary: String, confidence: Double, citations: [Citation],
    generator: GeneratorNote, isDegraded: Bool = false, isRefusal: Bool = false
  ) {
    self.title = title
    self.summary = summary
    self.confidence = confidence.isNaN ? 0 : min(max(confidence, 0), 1)
    self.citations = citations
    self.generator = generator
    self.isDegraded = isDegraded
    self.isRefusal = isRefusal
  }
}

/// A reference of a summary to a passage that was retrieved.
public struct Citation: Sendable, Equatable {
  /// The number in the summary, from 1.
  public let number: Int
  /// The passage that is referred to.
  public let chunkID: String
  /// The words taken from the passage; `nil` when the summary does not quote.
  public let quote: String?
  /// Similarity of the quote or, without one, of the passage to the question.
  public let score: Float

  /// A reference.
  public init(number: Int, chunkID: String, quote: String?, score: Float) {
    self.number = number
    self.chunkID = chunkID
    self.quote = quote
    self.score = score
  }
}

/// Who wrote an answer.
public struct GeneratorNote: Sendable, Equatable {
  /// `openai`, `extractive` or, when no generator was called, `none`.
  public let provider: String
  /// The language model, when there is one.
  public let model: String?
  /// What a reader has to know about how the answer came about.
  public let notice: String?

  /// A note.
  public init(provider: String, model: String? = nil, notice: String? = nil) {
    self.provider = provider
    self.model = model
    self.notice = notice
  }
}

/// Lets a simpler generator answer when the configured one fails, and says so in the answer.
public struct FallbackGenerator: AnswerGenerator {
  private let primary: any AnswerGenerator
  private let fallback: any AnswerGenerator
  private let notes: OutageNotes

  /// `fallback` answers whenever `primary` throws.
  public init(primary: any AnswerGenerator, fallback: any AnswerGenerator, logger: Logger) {
    self.primary = primary
    self.fallback = fallback
    notes = OutageNotes("answer degraded", logger: logger)
  }

  /// The primary generator's answer or, marked as degraded, the fallback's.
  public func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
    try await answer(request) { () async throws(GatewayError) in try await primary.answer(request) }
  }

  /// As `answer`; what the primary generator said before it failed is said already.
  public func answer(
    _ request: AnswerRequest, saying say: @escaping @Sendable (String) -> Void
  ) async throws(GatewayError) -> Answer {
    try await answer(request) { () async throws(GatewayError) in
      try await primary.answer(request, saying: say)
    }
  }

  /// The primary generator's or, when it fails, the fallback's.
  public func standalone(
    _ question: String, after history: [ConversationTurn]
  ) async throws(GatewayError) -> String {
    do {
      return try await primary.standalone(question, after: history)
    } catch {
      return try await fallback.standalone(question, after: history)
    }
  }

  private func answer(
    _ request: AnswerRequest, by primary: () async throws(GatewayError) -> Answer
  ) async throws(GatewayError) -> Answer {
    do {
      let answer = try await primary()
      return answer.isRefusal
        ? try await degraded(request, because: "it declined to answer") : answer
    } catch {
      if Task.isCancelled { throw error }
      return try await degraded(request, because: error.message)
    }
  }

  private func degraded(
    _ request: AnswerRequest, because reason: String
  ) async throws(GatewayError) -> Answer {
    notes.failed(reason)
    var answer = try await fallback.answer(request)
    answer.isDegraded = true
    answer.generator = GeneratorNote(
      provider: answer.generator.provider, model: answer.generator.model,
      notice: "The language model failed (\(reason)); "
        + "the summary quotes the best matching sentences instead.")
    return answer
  }
}

/// One turn of a conversation, before the question that is asked now.
public struct ConversationTurn: Sendable, Equatable {
  /// Who spoke.
  public enum Role: String, Sendable {
    case user, assistant
  }

  /// Who spoke.
  public let role: Role
  /// What was said.
  public let content: String

  /// A turn.
  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

/// Makes questions that lean on a conversation stand alone, without a language model.
package enum FollowUp {
  /// A question of no more words than this leans on the one before it.
  private static let fewWords = 4
  private static let leaning: Set<String> = [
    "it", "its", "they", "them", "their", "that", "this", "those", "these", "he", "she", "him",
    "her", "one", "ones", "there", "else", "instead", "same", "former", "latter",
  ]

  /// The question, with the one before it in front where it leans on it.
  package static func standalone(_ question: String, after history: [ConversationTurn]) -> String {
    guard let before = history.last(where: { $0.role == .user })?.content.collapsed,
      !before.isEmpty
    else { return question }
    let words = question.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let leans = words.count <= fewWords || words.contains { leaning.contains($0) }
    let isOpening = ["and", "but", "so", "or"].contains(words.first ?? "")
    return leans || isOpening ? "\(before) \(question)" : question
  }
}
