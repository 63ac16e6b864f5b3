import ServiceProcess
import Synchronization

/// Counts what becomes of questions, for `/metrics`.
final class RetrievalFigures: Sendable {
  private struct State {
    var statuses: [String: Int] = [:]
    var questions = 0
    var scoreSum = 0.0
    var streams = 0
  }

  private let state = Mutex(State())

  func count(_ retrieval: Retrieval) {
    state.withLock { state in
      state.questions += 1
      state.scoreSum += Double(retrieval.best?.score ?? 0)
    }
  }

  func count(_ insight: Insight) {
    state.withLock { $0.statuses[insight.status.rawValue, default: 0] += 1 }
  }

  func changeStreams(by difference: Int) {
    state.withLock { $0.streams += difference }
  }

  var openStreams: Int { state.withLock { $0.streams } }

  func write(to text: inout MetricsText) {
    let state = state.withLock { $0 }
    text.family(
      "rag_answers_total", .counter, "answers by what became of the question",
      state.statuses.sorted { $0.key < $1.key }
        .map { (labels: [(name: "status", value: $0.key)], value: Double($0.value)) })
    text.single(
      "rag_retrievals_total", .counter, "searches for passages", Double(state.questions))
    text.single(
      "rag_retrieval_top_score_sum", .counter, "sum of the similarities of the best passages",
      state.scoreSum)
    text.single("rag_streams", .gauge, "answers that are being streamed", Double(state.streams))
  }
}
