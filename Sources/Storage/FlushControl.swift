import Synchronization

/// Decides when write buffers are written to tables.
///
/// All flushes are asked for by the store, of all families together, and none by RocksDB itself:
/// it marks families with the reason of their latest flush, and takes requests that overlap, each
/// for reasons of its own, for a fault of the program that ends the process.
struct FlushControl: ~Copyable {
  private struct State {
    /// About what has gone into the write buffers since the last flush.
    var bytes = 0
    /// Until when no flush may begin.
    var closedUntil: ContinuousClock.Instant?
  }

  /// What an entry takes in a write buffer beside its key and its value, in bytes.
  private static let entryBytes = 64
  /// How long a compaction may take to flush what its range has in write buffers. It is a few
  /// milliseconds, as they are empty.
  private static let compactionStart = Duration.milliseconds(250)

  private let state = Mutex(State())
  /// Bytes after which write buffers are flushed.
  private let limit: Int

  /// Flushes when half of `bytesTotal` is used, so that the other half takes what comes meanwhile.
  init(bytesTotal: Int) {
    limit = max(1 << 19, bytesTotal / 2)
  }

  /// Notes a write.
  ///
  /// - Returns: whether a flush is due, which the caller then asks for.
  func noteWrite(entries: Int, bytes: Int) -> Bool {
    state.withLock { state in
      state.bytes += bytes + entries * Self.entryBytes
      guard state.bytes >= limit, !Self.isClosed(state) else { return false }
      state.bytes = 0
      return true
    }
  }

  /// Keeps flushes from beginning while a compaction begins. The write buffers have just been
  /// flushed.
  func closeForCompaction() {
    state.withLock { $0.closedUntil = ContinuousClock.now + Self.compactionStart }
  }

  /// How long a flush has to wait before it may begin.
  func pause() -> Duration? {
    state.withLock { state in
      guard Self.isClosed(state), let until = state.closedUntil else {
        state.bytes = 0
        return nil
      }
      return until - ContinuousClock.now
    }
  }

  private static func isClosed(_ state: State) -> Bool {
    guard let until = state.closedUntil else { return false }
    return ContinuousClock.now < until
  }
}
