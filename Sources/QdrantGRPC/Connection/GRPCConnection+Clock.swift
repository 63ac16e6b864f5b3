import NIOCore
import NIOHTTP2

/// The one timer of a connection: set to the earliest moment at which something may be overdue,
/// and left where it is when that moment moves on, as it does with every call.
extension GRPCConnection {
  /// Has the connection looked at no later than at that moment.
  func setTimer(_ context: ChannelHandlerContext, at moment: NIODeadline) {
    if let timer {
      if timer.at <= moment { return }
      timer.task.cancel()
    }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let task = context.eventLoop.scheduleTask(deadline: moment) {
      let (connection, context) = bound.value
      connection.timer = nil
      connection.check(context)
    }
    timer = (moment, task)
  }

  private func check(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    let now = context.eventLoop.now
    if ending == .announced { announceLast(context) }
    for call in Array(calls.values) { check(call, now, context) }
    let isPingLate = pingedAt.map { now >= $0 + limits.pingPatience } ?? false
    let isFrameLate = frameSince.map { now >= $0 + limits.framePatience } ?? false
    if isPingLate || isFrameLate {
      context.close(promise: nil)
      return
    }
    if pingedAt == nil, now >= lastReadAt + limits.silence {
      pingedAt = now
      write(.ping(HTTP2PingData(withInteger: 0), ack: false), .rootStream, context)
    }
    flushSoon(context)
    var next = (pingedAt ?? lastReadAt) + (pingedAt == nil ? limits.silence : limits.pingPatience)
    if let frameSince { next = min(next, frameSince + limits.framePatience) }
    for call in calls.values { next = min(next, nextCheck(of: call) ?? next) }
    setTimer(context, at: max(next, now + .milliseconds(1)))
  }

  private func check(_ call: GRPCCall, _ now: NIODeadline, _ context: ChannelHandlerContext) {
    if let deadline = call.deadline, now >= deadline {
      end(call, GRPCStatus(.deadlineExceeded, "Timeout expired"), context)
    } else if let since = call.sendingSince, now >= since + limits.stalledAnswer {
      write(.rstStream(.cancel), call.id, context)
      finished(call, context)
    } else if let late = lateness(of: call), now >= late {
      // While a request waits for room, the client is not the one who is slow.
      end(call, GRPCStatus(.deadlineExceeded, "The request did not arrive in time"), context)
    }
  }

  /// When a request that has not arrived is late.
  private func lateness(of call: GRPCCall) -> NIODeadline? {
    guard !call.hasEnded, !call.isWaiting, case .unary = call.kind else { return nil }
    let share = TimeAmount.seconds(Int64(call.bytesArrived / limits.bytesPerSecond))
    return call.startedAt + limits.patience + share
  }

  private func nextCheck(of call: GRPCCall) -> NIODeadline? {
    [call.deadline, call.sendingSince.map { $0 + limits.stalledAnswer }, lateness(of: call)]
      .compactMap { $0 }.min()
  }
}
