import HTTPConnections
import NIOCore

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
  func abort(_ fault: BodyFault, at moment: ContinuousClock.Instant) -> Scheduled<Void> {
    channel.eventLoop.scheduleTask(in: TimeAmount(moment - .now)) {
      channel.pipeline.fireErrorCaught(fault)
    }
  }
}
