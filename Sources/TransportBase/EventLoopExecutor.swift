package import NIOCore

/// An executor whose jobs run on one event loop, between its reads and writes.
///
/// A job handed over on the loop itself wakes no thread. Jobs must not block: all connections of
/// the loop wait for them.
package final class EventLoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  /// An executor whose jobs run on `eventLoop`.
  package init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Runs `job` on the event loop when what is before it is done.
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { [self] in
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
