import ServiceProcess
import Synchronization

/// Counts what becomes of questions and what the models are asked for, for `/metrics`.
///
/// One lock, held for an addition or two.
public final class GatewayFigures: Sendable {
  /// What only grows.
  enum Count: String, CaseIterable {
    case embeddingBatches = "rag_embedding_batches_total"
    case embeddingTexts = "rag_embedding_texts_total"
    case embeddingRetries = "rag_embedding_retries_total"
    case languageModelRequests = "rag_llm_requests_total"
    case languageModelRetries = "rag_llm_retries_total"
    case languageModelRepairs = "rag_llm_repairs_total"
    case degradedAnswers = "rag_llm_degraded_total"
    case unknownQuestions = "rag_no_knowledge_total"

    var help: String {
      switch self {
      case .embeddingBatches: "batches of texts that were given to the embedding model"
      case .embeddingTexts: "texts that were given to the embedding model"
      case .embeddingRetries: "requests that were sent to the embedding provider again"
      case .languageModelRequests: "completions that the language model was asked for"
      case .languageModelRetries: "requests that were sent to the language model again"
      case .languageModelRepairs: "replies of the language model that could not be used at first"
      case .degradedAnswers: "answers that were quoted because the language model failed"
      case .unknownQuestions: "questions that nothing stored comes near enough to"
      }
    }
  }

  /// What rises and falls.
  enum Gauge: String, CaseIterable {
    case streams = "rag_streams"
    case requests = "rag_requests_in_flight"

    var help: String {
      switch self {
      case .streams: "answers that are being streamed"
      case .requests: "requests that are being worked on"
      }
    }
  }

  /// Upper bounds of the buckets of similarities.
  private static let scores = stride(from: 1, through: 10, by: 1).map { Double($0) / 10 }

  private struct State {
    var statuses: [String: Int] = [:]
    var counts: [Count: Int] = [:]
    var gauges: [Gauge: Int] = [:]
    var buckets = [Int](repeating: 0, count: scores.count)
    var retrievals = 0
    var scoreSum = 0.0
    var seconds = 0.0
    var promptTokens = 0
    var replyTokens = 0
  }

  private let state = Mutex(State())

  /// Nothing counted yet.
  public init() {}

  func add(_ number: Int = 1, to count: Count) {
    state.withLock { $0.counts[count, default: 0] += number }
  }

  func change(_ gauge: Gauge, by difference: Int) {
    state.withLock { $0.gauges[gauge, default: 0] += difference }
  }

  func value(of gauge: Gauge) -> Int { state.withLock { $0.gauges[gauge] ?? 0 } }

  /// Counts a completion with what it took.
  func countCompletion(seconds: Double, prompt: Int, reply: Int) {
    state.withLock { state in
      state.counts[.languageModelRequests, default: 0] += 1
      state.seconds += seconds
      state.promptTokens += prompt
      state.replyTokens += reply
    }
  }

  func count(_ retrieval: Retrieval) {
    let score = Double(retrieval.best?.score ?? 0)
    state.withLock { state in
      state.retrievals += 1
      state.scoreSum += score
      if let index = Self.scores.firstIndex(where: { score <= $0 }) { state.buckets[index] += 1 }
      if retrieval.passages.isEmpty { state.counts[.unknownQuestions, default: 0] += 1 }
    }
  }

  func count(_ insight: Insight) {
    state.withLock { state in
      state.statuses[insight.status.rawValue, default: 0] += 1
      if insight.status == .degraded { state.counts[.degradedAnswers, default: 0] += 1 }
    }
  }

  func write(to text: inout MetricsText) {
    let state = state.withLock { $0 }
    text.family(
      "rag_answers_total", .counter, "answers by what became of the question",
      state.statuses.sorted { $0.key < $1.key }
        .map { (labels: [(name: "status", value: $0.key)], value: Double($0.value)) })
    var sum = 0
    text.histogram(
      "rag_retrieval_top_score", "similarity of the best passage to the question",
      zip(Self.scores, state.buckets).map { bound, bucket in
        sum += bucket
        return (bound: bound, count: sum)
      }, count: state.retrievals, sum: state.scoreSum)
    for count in Count.allCases {
      text.single(count.rawValue, .counter, count.help, Double(state.counts[count] ?? 0))
    }
    text.single(
      "rag_llm_seconds_total", .counter, "time that the language model took", state.seconds)
    text.family(
      "rag_llm_tokens_total", .counter,
      "tokens that the language model was given and gave, estimated where it does not say",
      [
        (labels: [(name: "kind", value: "prompt")], value: Double(state.promptTokens)),
        (labels: [(name: "kind", value: "reply")], value: Double(state.replyTokens)),
      ])
    for gauge in Gauge.allCases {
      text.single(gauge.rawValue, .gauge, gauge.help, Double(state.gauges[gauge] ?? 0))
    }
  }
}
