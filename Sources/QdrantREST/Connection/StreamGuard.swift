package import HTTPConnections
import HTTPTypes
package import NIOCore
package import NIOHTTP2
package import NIOHTTPTypes
import NIOHTTPTypesHTTP2
package import TransportBase

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
  private let streams: StreamCount?
  private var isCounted = false
  private var isComplete = false
  private var timer: RepeatedTask?
  private var bytes = 0
  private var hasArrived = false
  /// Whether what still comes of the body is of no use.
  private var isGivenUp = false
  /// For how long the server has waited for the body's bytes, and since when it waits now.
  private var waited = TimeAmount.zero
  private var waitingSince: NIODeadline?
  private var stalledSince: NIODeadline?

  /// A guard of one stream.
  ///
  /// - Parameter streams: counts it among those of its connection; `nil` for nobody.
  package init(_ limits: ConnectionLimits, of streams: StreamCount? = nil) {
    self.limits = limits
    self.streams = streams
  }

  /// Begins to look.
  package func handlerAdded(context: ChannelHandlerContext) {
    isCounted = true
    streams?.begun()
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    timer = context.eventLoop.scheduleRepeatedTask(
      initialDelay: .seconds(1), delay: .seconds(1)
    ) { _ in bound.value.0.look(bound.value.1) }
  }

  /// Looks no more.
  package func handlerRemoved(context: ChannelHandlerContext) { end() }

  /// Looks no more.
  package func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    timer?.cancel()
    if isCounted { streams?.ended(wasComplete: isComplete) }
    isCounted = false
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
    case .end:
      hasArrived = true
      isComplete = true
      if isCounted { streams?.completed() }
    }
    if let since = waitingSince {
      waited = waited + (context.eventLoop.now - since)
      waitingSince = nil
    }
    context.fireChannelRead(data)
  }

  /// A body that has come as a whole has no faults.
  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is BodyFault {
      if isComplete || isGivenUp { return }
      (isGivenUp, hasArrived) = (true, true)
    }
    context.fireErrorCaught(error)
  }

  /// Asks the client of a body that was given up to send no more, once it has its answer (RFC 9113,
  /// section 8.1): nobody tells it to go on, and it would wait.
  package func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    guard case .end = unwrapOutboundIn(data), isGivenUp, !isComplete else {
      context.write(data, promise: promise)
      return
    }
    context.writeAndFlush(data, promise: promise)
    context.triggerUserOutboundEvent(
      NIOHTTP2FramePayloadToHTTPEvent.reset(code: .noError), promise: nil)
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
      errorCaught(context: context, error: BodyFault.tooSlow(bytes: bytes))
    }
  }
}

/// Counts the streams of an HTTP/2 connection: one without any is closed after a while, and at once
/// when the server ends, which clients are told before. The guards of the streams tell of them, as
/// the library tells nobody but itself.
package final class StreamCount: ChannelInboundHandler {
  /// Nothing of it is looked at.
  package typealias InboundIn = HTTP2Frame
  /// The end of the connection.
  package typealias OutboundOut = HTTP2Frame

  private let limits: ConnectionLimits
  private let place: ConnectionPlace
  private var context: ChannelHandlerContext?
  /// Streams that are there, and those of them whose request has come as a whole.
  private var streams = (all: 0, complete: 0)
  private var isEnding = false
  private var idle: Scheduled<Void>?

  /// - Parameter place: told what the streams are at, all together.
  package init(_ limits: ConnectionLimits, _ place: ConnectionPlace) {
    self.limits = limits
    self.place = place
  }

  /// Begins to wait for streams.
  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    wait(context)
  }

  /// Waits no more.
  package func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    idle?.cancel()
  }

  /// Waits no more.
  package func channelInactive(context: ChannelHandlerContext) {
    idle?.cancel()
    context.fireChannelInactive()
  }

  private func wait(_ context: ChannelHandlerContext) {
    let channel = context.channel
    idle = context.eventLoop.scheduleTask(in: limits.idle) { channel.close(promise: nil) }
  }

  fileprivate func begun() {
    idle?.cancel()
    count(1, 0)
  }

  fileprivate func completed() { count(0, 1) }

  fileprivate func ended(wasComplete: Bool) {
    count(-1, wasComplete ? -1 : 0)
    guard streams.all == 0, let context, context.channel.isActive else { return }
    if isEnding { leave(context) } else { wait(context) }
  }

  /// Closes the connection once all that was written before has been sent.
  private func leave(_ context: ChannelHandlerContext) {
    context.eventLoop.assumeIsolated().execute { [self] in
      let sent = context.eventLoop.makePromise(of: Void.self)
      sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
      let ping = HTTP2Frame.FramePayload.ping(HTTP2PingData(withInteger: 0), ack: false)
      context.writeAndFlush(
        wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: ping)), promise: sent)
    }
  }

  private func count(_ all: Int, _ complete: Int) {
    streams.all += all
    streams.complete += complete
    place.tell(requests: streams.all, complete: streams.complete)
  }

  /// The server ends.
  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      isEnding = true
      let goAway = HTTP2Frame.FramePayload.goAway(
        lastStreamID: .maxID, errorCode: .noError, opaqueData: nil)
      context.writeAndFlush(
        wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: goAway)), promise: nil)
      if streams.all == 0 { leave(context) }
    }
    context.fireUserInboundEventTriggered(event)
  }
}
