package import NIOCore
import NIOHTTP1

/// The one timer of a connection: set to the earliest moment at which something may be overdue,
/// and left where it is when that moment moves on, as it does with every request.
extension ConnectionGuard {
  func setTimer(_ context: ChannelHandlerContext) {
    guard let next = nextCheck(context) else { return }
    if let timer {
      if timer.at <= next { return }
      timer.task.cancel()
    }
    let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [self] in
      timer = nil
      check(context)
      if context.channel.isActive { setTimer(context) }
    }
    timer = (next, task)
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      stalled = nil
    } else {
      stalled = (context.eventLoop.now, waitingBytes(context))
      setTimer(context)
    }
    context.fireChannelWritabilityChanged()
  }

  /// Bytes of answers that the client's machine has not taken yet.
  func waitingBytes(_ context: ChannelHandlerContext) -> Int {
    (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  private func nextCheck(_ context: ChannelHandlerContext) -> NIODeadline? {
    var next = stalled.map { $0.since + limits.stalledAnswer }
    if let closing {
      if case .until(let end, _) = closing { next = Self.earlier(next, end) }
      return next
    }
    if let headSince { next = Self.earlier(next, headSince + limits.head) }
    if let bodyEnd { next = Self.earlier(next, bodyEnd) }
    if let probe { next = Self.earlier(next, probe.at) }
    if !isBusy { next = Self.earlier(next, idleSince + limits.idle) }
    return next
  }

  private static func earlier(_ moment: NIODeadline?, _ other: NIODeadline) -> NIODeadline {
    moment.map { min($0, other) } ?? other
  }

  /// When the body that the server waits for is late.
  private var bodyEnd: NIODeadline? {
    guard let arrival, let since = arrival.waitingSince else { return nil }
    let share = Double(arrival.bytes) / Double(limits.bodyBytesPerSecond)
    let allowed = limits.body + .nanoseconds(Int64(share * 1e9))
    return since + (allowed - arrival.waited)
  }

  private func check(_ context: ChannelHandlerContext) {
    let now = context.eventLoop.now
    if let stalled, now >= stalled.since + limits.stalledAnswer {
      let waiting = waitingBytes(context)
      guard waiting <= stalled.bytes - limits.answerStepBytes else {
        context.close(promise: nil)
        return
      }
      self.stalled = (now, waiting)
    }
    if let closing {
      guard case .until(let end, let discarded) = closing, now >= end else { return }
      // A client that is slow, or one of many, still sends what was refused, and reads then.
      let seconds = Int(limits.discarding.nanoseconds / 1_000_000_000)
      if gate.discardedBytes - discarded >= seconds * limits.bodyBytesPerSecond {
        discardFurther(context)
      } else {
        context.close(promise: nil)
      }
      return
    }
    if let headSince, now >= headSince + limits.head {
      if isBusy {
        // What comes before it is still to be answered.
        gate.discard(upTo: limits.discardedBytes)
        self.headSince = nil
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
      } else {
        refuse(context, .requestTimeout, "the request's head did not come in time")
      }
      return
    }
    if let bodyEnd, now >= bodyEnd, let arrival {
      errorCaught(context: context, error: BodyFault.tooSlow(bytes: arrival.bytes))
    }
    if let probe, now >= probe.at {
      let goesOn = awaitsAnswer && gate.probe()
      self.probe = goesOn ? (now + probe.pause, probe.pause * 2) : nil
    }
    if !isBusy, headSince == nil, now >= idleSince + limits.idle { context.close(promise: nil) }
  }
}
