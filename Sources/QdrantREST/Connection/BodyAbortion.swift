import HTTPConnections
import NIOCore
import Synchronization

/// Ends the body that the current connection is receiving.
struct BodyAbortion: Sendable {
  /// That of the connection whose request is being handled; `nil` where there is none.
  @TaskLocal static var current: BodyAbortion?

  private let channel: any Channel

  init(_ channel: any Channel) { self.channel = channel }

  /// Whoever reads the body meets `fault`. May be called from any thread.
  func abort(_ fault: BodyFault) {
    channel.eventLoop.execute { channel.pipeline.fireErrorCaught(fault) }
  }

  /// As ``abort(_:)``, at `moment`, unless that is cancelled before.
  func abort(_ fault: BodyFault, at moment: ContinuousClock.Instant) -> Timer {
    let timer = Timer()
    timer.task.withLock { task in
      task = channel.eventLoop.scheduleTask(in: TimeAmount(moment - .now)) {
        // It may be under way when it is cancelled, and the next request on its way.
        if timer.task.withLock({ $0 }) != nil { channel.pipeline.fireErrorCaught(fault) }
      }
    }
    return timer
  }

  /// The end that is set to a body.
  final class Timer: Sendable {
    fileprivate let task = Mutex<Scheduled<Void>?>(nil)

    /// The body has come.
    func cancel() {
      let scheduled = task.withLock { task in
        defer { task = nil }
        return task
      }
      scheduled?.cancel()
    }
  }
}
