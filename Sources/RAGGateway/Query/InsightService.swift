import PointModel
import RequestTracing

/// Answers questions from what is stored.
public struct InsightService: Sendable {
  private let retriever: Retriever
  private let generator: any AnswerGenerator
  private let retrieved: Int
  private let figures: GatewayFigures

  /// A service that retrieves up to `retrieved` chunks unless the question says how many.
  init(
    retriever: Retriever, generator: any AnswerGenerator, retrieved: Int,
    figures: GatewayFigures
  ) {
    self.retriever = retriever
    self.generator = generator
    self.retrieved = retrieved
    self.figures = figures
  }

  /// What a question is told while it is answered.
  public struct Listener: Sendable {
    /// The passages are found.
    var found: @Sendable (Retrieval) -> Void = { _ in }
    /// A piece of the summary.
    var said: @Sendable (String) -> Void = { _ in }
  }

  /// The passages for a question.
  ///
  /// - Throws: `GatewayError` when the store or the embedder fails.
  func search(
    _ request: QuestionRequest, for caller: Caller
  ) async throws(GatewayError) -> Retrieval {
    let question = try await generator.standalone(request.question, after: request.history)
    let retrieval = try await retriever.retrieve(
      question, limit: request.limit ?? retrieved, filter: caller.narrowed(request.filter))
    figures.count(retrieval)
    return retrieval
  }

  /// The insight for a question. Without anything near enough no generator is called.
  ///
  /// - Throws: `GatewayError` when the store, the embedder or the generator fails.
  func insight(
    for request: QuestionRequest, by caller: Caller, telling listener: Listener? = nil
  ) async throws(GatewayError) -> Insight {
    let retrieval = try await search(request, for: caller)
    listener?.found(retrieval)
    let language = retriever.embedder.language
    let hint = LanguageHint.on(question: request.question, language: language)
    var insight: Insight
    switch retrieval.outcome {
    case .nothingStored(let collection): insight = .nothingStored(in: collection)
    case .nothingNear(let bar):
      insight = .noKnowledge(threshold: bar, language: hint == nil ? language : nil)
    case .found(let chunks):
      let asked = AnswerRequest(
        question: retrieval.question, questionVector: retrieval.vectors?.vector ?? [],
        chunks: chunks, lead: retrieval.lead, history: request.history)
      let answer = try await TraceStage.span("answer") { () async throws(GatewayError) in
        if let listener { return try await generator.answer(asked, saying: listener.said) }
        return try await generator.answer(asked)
      }
      insight = Insight(answer: answer, retrieved: chunks)
    }
    for remark in [hint, retriever.gate.remark].compactMap({ $0 }) {
      insight = insight.noting(remark)
    }
    figures.count(insight)
    guard retrieval.question != request.question else { return insight }
    return insight.asking(retrieval.question)
  }
}
