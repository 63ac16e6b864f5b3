import Synchronization

/// The vectors of sentences, kept for the next question that meets the same ones: passages that
/// answer one question often answer another.
///
/// Safe to use from many tasks; two that miss the same sentence at once both embed it.
final class SentenceVectors: Sendable {
  /// What was used lately, and what was used before that: when the newer half is full it becomes
  /// the older one, which is forgotten.
  private struct Memory {
    var newer: [String: [Float]] = [:]
    var older: [String: [Float]] = [:]
    var newerBytes = 0
  }

  private let embedder: any Embedder
  private let halfBytes: Int
  private let memory = Mutex(Memory())

  /// Vectors of `embedder`, of about `bytes` at most.
  init(embedder: any Embedder, bytes: Int) {
    self.embedder = embedder
    halfBytes = bytes / 2
  }

  /// The vectors of `sentences`, in their order. Only those that are not known are embedded.
  func vectors(of sentences: [String]) async throws(GatewayError) -> [[Float]] {
    var found = memory.withLock { memory in
      sentences.map { sentence in
        let vector = memory.newer[sentence] ?? memory.older[sentence]
        if let vector { keep(vector, of: sentence, in: &memory) }
        return vector
      }
    }
    let missing = sentences.indices.filter { found[$0] == nil }
    if !missing.isEmpty {
      let fresh = try await embedder.embed(missing.map { sentences[$0] })
      guard fresh.count == missing.count else {
        throw .embeddingFailed("\(fresh.count) vectors for \(missing.count) sentences")
      }
      memory.withLock { memory in
        for (index, vector) in zip(missing, fresh) {
          keep(vector, of: sentences[index], in: &memory)
        }
      }
      for (index, vector) in zip(missing, fresh) { found[index] = vector }
    }
    return found.compactMap { $0 }
  }

  private func keep(_ vector: [Float], of sentence: String, in memory: inout Memory) {
    guard memory.newer[sentence] == nil else { return }
    // Beside its contents an entry takes about a hundred bytes.
    let bytes = 4 * vector.count + sentence.utf8.count + 100
    guard bytes <= halfBytes else { return }
    if memory.newerBytes + bytes > halfBytes {
      memory = Memory(older: memory.newer)
    }
    memory.newer[sentence] = vector
    memory.newerBytes += bytes
  }
}
