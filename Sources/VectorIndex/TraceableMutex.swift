import Synchronization

/// A `Mutex` whose hand-overs ThreadSanitizer can follow.
///
/// The contended path of `Mutex` on Linux runs in the kernel and in a library without
/// instrumentation: what one holder wrote looks unordered to the next, and correct code is reported
/// as a race. A load and a store of an atomic inside the lock, nearly free, state the order again.
package struct TraceableMutex<Value: Sendable>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>
  private let handover = Atomic<Bool>(false)

  /// A mutex around `value`.
  package init(_ value: Value) {
    mutex = Mutex(value)
  }

  /// Runs `body` with the value while no one else can. Not to be held for long, nor across `await`.
  package borrowing func withLock<Result: Sendable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try mutex.withLock { (value) throws(Failure) -> Result in
      _ = handover.load(ordering: .acquiring)
      defer { handover.store(true, ordering: .releasing) }
      return try body(&value)
    }
  }
}
