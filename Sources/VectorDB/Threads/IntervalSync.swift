import Logging
import Storage

/// Syncs the store's log at a steady interval, for ``Durability/interval(milliseconds:)``.
final class IntervalSync: Sendable {
  private let signal = StopSignal()
  private let thread: NativeThread?

  init(store: KeyValueStore, milliseconds: Int, logger: Logger) {
    thread = NativeThread { [signal] in
      var goesOn = true
      while goesOn {
        goesOn = signal.wait(milliseconds: max(1, milliseconds))
        do {
          try store.syncLog()
        } catch {
          logger.error("the log could not be synced", metadata: ["reason": "\(error)"])
          return
        }
      }
    }
  }

  /// Syncs a last time, at once, and ends the thread. Blocking.
  func stop() {
    signal.stop()
    thread?.join()
  }
}
