/// The chunks of a column by chunk number, replaced as a whole whenever a chunk comes or goes.
///
/// A snapshot is a table that is never changed again, so readers hold it without a lock. Replacing
/// copies one reference a chunk, once a chunk: small beside filling it.
package final class ChunkDirectory<Chunk: AddressableChunk>: Sendable {
  private let current = TraceableMutex(ChunkTable<Chunk>())

  /// No chunks yet.
  package init() {}

  /// What is there now.
  package func snapshot() -> ChunkTable<Chunk> {
    current.withLock { $0 }
  }

  /// The chunk `number`, if it was made and not dropped.
  package func chunk(_ number: Int) -> Chunk? {
    current.withLock { number < $0.chunks.count ? $0.chunks[number] : nil }
  }

  /// Sets or clears the chunk `number`. Called by one thread at a time.
  package func replace(_ number: Int, with chunk: Chunk?) { replace([number: chunk]) }

  /// Sets or clears chunks by their numbers, all at once. Called by one thread at a time.
  package func replace(_ chunks: [Int: Chunk?]) {
    var next = snapshot().chunks
    for (number, chunk) in chunks {
      if number >= next.count, chunk == nil { continue }
      while next.count <= number { next.append(nil) }
      next[number] = chunk
    }
    let table = ChunkTable(next)
    // The old table, and with it perhaps a dropped chunk, is released outside of the lock.
    let old = current.withLock { current in
      let old = current
      current = table
      return old
    }
    _ = consume old
  }
}
