import FastJSON

/// Whether the services that the gateway needs answer.
package struct Readiness: Sendable, Equatable {
  /// What is wrong with the vector store; `nil` when nothing is.
  package let storeProblem: String?
  /// What is wrong with the embedder; `nil` when nothing is.
  package let embedderProblem: String?

  package init(storeProblem: String?, embedderProblem: String?) {
    self.storeProblem = storeProblem
    self.embedderProblem = embedderProblem
  }

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
