import FastJSON
import Synchronization

/// Asks the store and the embedder whether they work, and keeps the verdict for a while so that
/// frequent probes cost nothing.
package final class ReadinessProbe: Sendable {
  private struct Verdict {
    let readiness: Readiness
    let time: ContinuousClock.Instant
  }

  private let store: any VectorStore
  private let embedder: any Embedder
  private let age: Duration
  private let now: @Sendable () -> ContinuousClock.Instant
  private let verdict = Mutex<Verdict?>(nil)

  /// A probe whose verdicts are good for `age` on the clock `now`.
  package init(
    store: any VectorStore, embedder: any Embedder, age: Duration,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) {
    self.store = store
    self.embedder = embedder
    self.age = age
    self.now = now
  }

  /// The verdict that is still good, or a new one.
  package func readiness() async -> Readiness {
    let time = now()
    let kept = verdict.withLock { $0 }
    if let kept, time - kept.time < age { return kept.readiness }
    async let storeProblem = storeProblem()
    async let embedderProblem = embedderProblem()
    let readiness = await Readiness(
      storeProblem: storeProblem, embedderProblem: embedderProblem)
    verdict.withLock { $0 = Verdict(readiness: readiness, time: time) }
    return readiness
  }

  private func storeProblem() async -> String? {
    do {
      try await store.checkReadiness()
      return nil
    } catch {
      return error.message
    }
  }

  private func embedderProblem() async -> String? {
    do {
      try await embedder.checkReadiness()
      return nil
    } catch {
      return error.message
    }
  }
}

/// Whether the services that the gateway needs answer.
package struct Readiness: Sendable, Equatable {
  /// What is wrong with the vector store; `nil` when nothing is.
  package let storeProblem: String?
  /// What is wrong with the embedder; `nil` when nothing is.
  package let embedderProblem: String?

  /// A verdict over what is wrong.
  package init(storeProblem: String?, embedderProblem: String?) {
    self.storeProblem = storeProblem
    self.embedderProblem = embedderProblem
  }

  /// Whether nothing is wrong.
  package var isReady: Bool { storeProblem == nil && embedderProblem == nil }

  /// The response body; a failure has `detail` as all errors have.
  var json: [UInt8] {
    let problems = [storeProblem, embedderProblem].compactMap { $0 }
    var members: [(String, JSONValue)] = [
      ("status", .string(isReady ? "ready" : "not ready")),
      ("store", .string(storeProblem ?? "ok")),
      ("embedder", .string(embedderProblem ?? "ok")),
    ]
    if !isReady { members.append(("detail", .string(problems.joined(separator: "; ")))) }
    return JSONValue.object(JSONObjectValue(members)).serialized()
  }
}
