import Glibc
import Logging
import Storage

/// Syncs the store's log at a steady interval, for ``Durability/interval(milliseconds:)``.
final class IntervalSync: Sendable {
  private let stopping = CancellationFlag()
  private let thread: NativeThread?

  init(store: KeyValueStore, milliseconds: Int, logger: Logger) {
    let stopping = stopping
    thread = NativeThread {
      while !stopping.isCancelled {
        usleep(UInt32(clamping: max(1, milliseconds) * 1000))
        do {
          try store.syncLog()
        } catch {
          logger.error("the log could not be synced", metadata: ["reason": "\(error)"])
          return
        }
      }
    }
  }

  /// Ends the thread after its last sync. Blocking.
  func stop() {
    stopping.cancel()
    thread?.join()
  }
}
