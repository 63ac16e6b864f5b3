/// Runs batches of texts through an embedder, a few at a time, and joins the vectors in order.
///
/// A failure stops the batches that have not begun.
enum BatchRunner {
  /// The vectors of a batch.
  typealias Outcome = Result<[[Float]], GatewayError>

  private struct Finished: Sendable {
    let index: Int
    let outcome: Outcome
  }

  static func run(
    _ batches: [[String]], concurrency: Int,
    embed: @escaping @Sendable ([String]) async -> Outcome
  ) async throws(GatewayError) -> [[Float]] {
    if batches.count == 1 { return try await embed(batches[0]).get() }
    let joined = await withTaskGroup(of: Finished.self, returning: Outcome.self) { group in
      var vectors = [[[Float]]](repeating: [], count: batches.count)
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
