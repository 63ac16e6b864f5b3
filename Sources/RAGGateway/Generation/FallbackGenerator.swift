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
    do {
      return try await primary.answer(request)
    } catch {
      if Task.isCancelled { throw error }
      logger.warning("answer degraded", metadata: ["reason": "\(error.message)"])
      var answer = try await fallback.answer(request)
      answer.isDegraded = true
      answer.generator = GeneratorNote(
        provider: answer.generator.provider, model: answer.generator.model,
        notice: "The language model failed (\(error.message)); "
          + "the summary quotes the best matching sentences instead.")
      return answer
    }
  }
}
