import RAGGateway
import Synchronization

/// Always gives the same answer, or fails the same way.
final class FixedGenerator: AnswerGenerator {
  private let result: Result<Answer, GatewayError>
  private let log = Mutex<[String]>([])

  init(_ result: Result<Answer, GatewayError>) {
    self.result = result
  }

  convenience init() {
    self.init(
      .success(
        Answer(
          title: "Fixed", summary: "A fixed answer [1].", confidence: 0.8, citations: [],
          generator: GeneratorNote(provider: "openai", model: "fixed"))))
  }

  /// The questions so far.
  var questions: [String] { log.withLock { $0 } }

  func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
    log.withLock { $0.append(request.question) }
    return try result.get()
  }
}
