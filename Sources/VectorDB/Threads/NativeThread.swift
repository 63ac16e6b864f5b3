import Glibc
import Synchronization

/// One operating-system thread that runs a closure to its end and can be joined once. One that is
/// let go of runs on, and leaves nothing behind.
///
/// Blocking work runs on these, never on the cooperative pool, which has one thread a core.
package final class NativeThread: Sendable {
  private let handle: Mutex<pthread_t?>

  /// Starts the thread; `nil` when the system has no thread to give.
  package init?(_ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.body()
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      start.release()
      return nil
    }
    handle = Mutex(thread)
  }

  deinit {
    if let thread = handle.withLock({ $0 }) { pthread_detach(thread) }
  }

  /// Waits for the closure's end. Further calls return at once.
  package func join() {
    let thread = handle.withLock { handle -> pthread_t? in
      defer { handle = nil }
      return handle
    }
    if let thread { pthread_join(thread, nil) }
  }

  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }
}
