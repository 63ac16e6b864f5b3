package import NIOCore
package import NIOHTTP1

/// Slows down a client that was told when to come again and does not wait: what it sends next by
/// the same connection is kept, and nothing more is read, until that time.
///
/// To refuse a request costs about as much as to answer a small one. Without a pause, clients that
/// ask again at once take from those who are answered; with it, each costs one refusal in the time
/// that it was told. A first request that comes early is refused as any other, because several
/// clients may share a connection.
package final class RetryPause: ChannelDuplexHandler {
  package typealias InboundIn = HTTPServerRequestPart
  package typealias InboundOut = HTTPServerRequestPart
  package typealias OutboundIn = HTTPServerResponsePart
  package typealias OutboundOut = HTTPServerResponsePart

  private let longest: TimeAmount
  /// When the client may come again.
  private var due = NIODeadline.uptimeNanoseconds(0)
  /// Whether the request that is answered next came before that time.
  private var isEarly = false
  /// Whether one that came before its time was refused once more.
  private var isImpatient = false
  /// What is kept until the time, and whether more was to be read meanwhile.
  private var kept: [NIOAny] = []
  private var wantsRead = false
  private var end: Scheduled<Void>?

  /// A pause that is no longer than `longest`, whatever the client was told.
  package init(longest: TimeAmount) {
    self.longest = longest
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if end != nil {
      kept.append(data)
      return
    }
    if case .head = unwrapInboundIn(data) {
      isEarly = context.eventLoop.now < due
      if isEarly, isImpatient {
        kept = [data]
        end = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [self] in
          passOn(context)
        }
        return
      }
    }
    context.fireChannelRead(data)
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    if end == nil { context.fireChannelReadComplete() }
  }

  package func read(context: ChannelHandlerContext) {
    if end == nil { context.read() } else { wantsRead = true }
  }

  private func passOn(_ context: ChannelHandlerContext) {
    if end == nil { return }
    end?.cancel()
    end = nil
    let parts = kept
    kept = []
    for part in parts { context.fireChannelRead(part) }
    context.fireChannelReadComplete()
    if wantsRead {
      wantsRead = false
      context.read()
    }
  }

  package func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    if case .head(let head) = unwrapOutboundIn(data), head.status.code >= 200 {
      // Of what is not there yet, 503 tells: it may come at any time.
      let isRefused = head.status == .tooManyRequests
      let seconds =
        isRefused ? head.headers.first(name: "retry-after").flatMap { Int64($0) } : nil
      isImpatient = isEarly && seconds != nil
      let pause = seconds.map { min(longest, .seconds($0)) } ?? .zero
      due = context.eventLoop.now + pause
    }
    context.write(data, promise: promise)
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    passOn(context)
    context.fireUserInboundEventTriggered(event)
  }

  package func channelInactive(context: ChannelHandlerContext) {
    passOn(context)
    context.fireChannelInactive()
  }

  package func handlerRemoved(context: ChannelHandlerContext) { end?.cancel() }
}
