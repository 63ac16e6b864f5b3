package import HTTPConnections
import HTTPTypes
package import NIOCore
import NIOHTTP2
package import NIOHTTPTypes
import TransportBase

/// Watches over one stream of an HTTP/2 connection: a body must arrive within a time that grows
/// with its size, and an answer must be taken.
package final class StreamGuard: ChannelDuplexHandler {
  /// What arrives.
  package typealias InboundIn = HTTPRequestPart
  /// The same, handed on.
  package typealias InboundOut = HTTPRequestPart
  /// What is answered.
  package typealias OutboundIn = HTTPResponsePart
  /// The same, handed on.
  package typealias OutboundOut = HTTPResponsePart

  private let limits: ConnectionLimits
  private var timer: RepeatedTask?
  private var bytes = 0
  private var hasArrived = false
  /// For how long the server has waited for the body's bytes, and since when it waits now.
  private var waited = TimeAmount.zero
  private var waitingSince: NIODeadline?
  private var stalledSince: NIODeadline?

  /// A guard of one stream.
  package init(_ limits: ConnectionLimits) {
    self.limits = limits
  }

  /// Begins to look.
  package func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleRepeatedTask(
      initialDelay: .seconds(1), delay: .seconds(1)
    ) { _ in bound.value.0.look(bound.value.1) }
  }

  /// Looks no more.
  package func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  /// Looks no more.
  package func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  /// The server waits for more of the body from now on.
  package func read(context: ChannelHandlerContext) {
    if !hasArrived, waitingSince == nil { waitingSince = context.eventLoop.now }
    context.read()
  }

  /// Something of the request has come.
  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: break
    case .body(let part): bytes += part.readableBytes
    case .end: hasArrived = true
    }
    if let since = waitingSince {
      waited = waited + (context.eventLoop.now - since)
      waitingSince = nil
    }
    context.fireChannelRead(data)
  }

  /// The client takes the answer, or takes no more of it.
  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    stalledSince = context.channel.isWritable ? nil : context.eventLoop.now
    context.fireChannelWritabilityChanged()
  }

  private func look(_ context: ChannelHandlerContext) {
    let now = context.eventLoop.now
    if let stalledSince, now - stalledSince > limits.stalledAnswer {
      context.close(promise: nil)
      return
    }
    guard !hasArrived, let waitingSince else { return }
    let allowed = limits.body + .seconds(Int64(bytes / limits.bodyBytesPerSecond))
    if waited + (now - waitingSince) > allowed {
      hasArrived = true
      context.fireErrorCaught(BodyFault.tooSlow(bytes: bytes))
    }
  }
}

/// Counts the streams of an HTTP/2 connection: one without any is closed after a while, and at once
/// when the server ends, which clients are told before.
final class StreamCount: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  private let limits: ConnectionLimits
  private let place: ConnectionPlace
  private var open = 0
  private var isEnding = false
  private var idle: Scheduled<Void>?

  init(_ limits: ConnectionLimits, _ place: ConnectionPlace) {
    self.limits = limits
    self.place = place
  }

  func handlerAdded(context: ChannelHandlerContext) { wait(context) }

  func handlerRemoved(context: ChannelHandlerContext) { idle?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    idle?.cancel()
    context.fireChannelInactive()
  }

  private func wait(_ context: ChannelHandlerContext) {
    let channel = context.channel
    idle = context.eventLoop.scheduleTask(in: limits.idle) { channel.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is NIOHTTP2StreamCreatedEvent:
      open += 1
      place.begin()
      idle?.cancel()
    case is StreamClosedEvent:
      open -= 1
      if open == 0 {
        place.end()
        if isEnding { context.close(promise: nil) } else { wait(context) }
      }
    case is ChannelShouldQuiesceEvent:
      isEnding = true
      let goAway = HTTP2Frame.FramePayload.goAway(
        lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
      context.writeAndFlush(
        wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: goAway)), promise: nil)
      if open == 0 { context.close(promise: nil) }
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }
}
