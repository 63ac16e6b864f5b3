import NIOCore
import NIOPosix
import Synchronization

/// Work that would hold up a shared thread, done on the process's own blocking threads.
///
/// Requests share a pool of as many threads as there are cores; parsing tens of megabytes there
/// would stop every other request. A hop costs microseconds, so small work stays where it is.
package enum BlockingWork {
  /// Bodies up to this many bytes are parsed in place: well under a tenth of a millisecond.
  package static let bytesWorthAHop = 64 << 10

  /// Does `work` on a thread that may be held up, and passes on what it gives or throws.
  package static func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await NIOSingletons.posixBlockingThreadPool.runIfActive(work)
  }

  /// Does `work`, which asks every now and then whether the calling task has been cancelled.
  package static func run<Value: Sendable>(
    askingWhether work:
      @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws
      -> Value
  ) async throws -> Value {
    let mark = CancellationMark()
    return try await withTaskCancellationHandler {
      try await run { try work { mark.isSet.load(ordering: .relaxed) } }
    } onCancel: {
      mark.isSet.store(true, ordering: .relaxed)
    }
  }

  private final class CancellationMark: Sendable {
    let isSet = Atomic<Bool>(false)
  }
}
