/// Runs batches of texts through an embedder, a few at a time, and joins the vectors in order.
///
/// A failure stops the batches that have not begun.
enum BatchRunner {
  /// What was made of a batch.
  typealias Outcome<Made: Sendable> = Result<[Made], GatewayError>

  private struct Finished<Made: Sendable>: Sendable {
    let index: Int
    let outcome: Outcome<Made>
  }

  static func run<Made: Sendable>(
    _ batches: [[String]], concurrency: Int,
    embed: @escaping @Sendable ([String]) async -> Outcome<Made>
  ) async throws(GatewayError) -> [Made] {
    if batches.count == 1 { return try await embed(batches[0]).get() }
    let joined = await withTaskGroup(
      of: Finished<Made>.self, returning: Outcome<Made>.self
    ) { group in
      var vectors = [[Made]](repeating: [], count: batches.count)
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
