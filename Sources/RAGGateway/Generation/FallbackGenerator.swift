public import Logging

/// Lets a simpler generator answer when the configured one fails, and says so in the answer.
public struct FallbackGenerator: AnswerGenerator {
  private let primary: any AnswerGenerator
  private let fallback: any AnswerGenerator
  private let logger: Logger

  /// `fallback` answers whenever `primary` throws.
  public init(primary: any AnswerGenerator, fallback: any AnswerGenerator, logger: Logger) {
    self.primary = primary
    self.fallback = fallback
    self.logger = logger
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
    logger.warning("answer degraded", metadata: ["reason": "\(reason)"])
    var answer = try await fallback.answer(request)
    answer.isDegraded = true
    answer.generator = GeneratorNote(
      provider: answer.generator.provider, model: answer.generator.model,
      notice: "The language model failed (\(reason)); "
        + "the summary quotes the best matching sentences instead.")
    return answer
  }
}
