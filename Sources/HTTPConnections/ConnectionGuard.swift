package import NIOCore
package import NIOHTTP1
package import TransportBase

/// Watches over one connection, so that a client that is slow, stalled, broken or gone costs
/// nobody but itself: bounds the time of heads, bodies and answers, refuses what is no HTTP, closes
/// in such a way that the answer arrives, and finds out whether who has ended sending still waits.
package final class ConnectionGuard: ChannelDuplexHandler {
  package typealias InboundIn = HTTPServerRequestPart
  package typealias InboundOut = HTTPServerRequestPart
  package typealias OutboundIn = HTTPServerResponsePart
  package typealias OutboundOut = HTTPServerResponsePart

  /// A request that has not been answered to the end.
  private struct Open {
    let version: HTTPVersion
  }

  /// Which requests are answered before the connection ends. None behind them is passed on, so that
  /// nothing is done that is not answered.
  private struct Ending {
    /// How many of the open requests these are.
    var left: Int
    /// Why what came behind them was no request, if the client is told.
    var refusal: Refusal?
  }

  private struct Refusal {
    let status: HTTPResponseStatus
    let reason: String
  }

  /// A body on its way.
  struct Arrival {
    let declared: Int?
    /// What had come over the connection when the body began.
    let start: Int
    var bytes = 0
    /// For how long the server has waited for its bytes.
    var waited = TimeAmount.zero
    /// Since when it waits for the next ones.
    var waitingSince: NIODeadline?
    var isGivenUp = false
  }

  /// The end of a connection whose last answer has been written.
  enum Closing: Equatable {
    case afterFlush
    /// Until then, if what was thrown away has not become much more by then.
    case until(NIODeadline, discarded: Int)
  }

  let limits: ConnectionLimits
  let gate: ByteGate
  private let place: ConnectionPlace?
  private let refusal: RefusalForm
  private var open = CircularBuffer<Open>(initialCapacity: 2)
  /// Whether the head of the answer to the first open request has been written.
  private var isAnswering = false
  var arrival: Arrival?
  var headSince: NIODeadline?
  var idleSince = NIODeadline.uptimeNanoseconds(0)
  /// Since when the client has taken nothing of what waits to be sent, and how much that was.
  var stalled: (since: NIODeadline, bytes: Int)?
  var isInputClosed = false
  var closing: Closing?
  private var ending: Ending?
  /// When to see again whether the client is there, and how long to wait after that.
  var probe: (at: NIODeadline, pause: TimeAmount)?
  var timer: (at: NIODeadline, task: Scheduled<Void>)?

  /// A guard of the connection whose first handler is `gate`.
  ///
  /// - Parameters:
  ///   - place: told when requests come and are answered.
  ///   - refusal: how what is no request is answered.
  package init(
    limits: ConnectionLimits, gate: ByteGate, place: ConnectionPlace? = nil,
    refusal: RefusalForm
  ) {
    self.place = place
    self.limits = limits
    self.gate = gate
    self.refusal = refusal
  }

  /// Whether a request has been read whose answer has not been written.
  var isBusy: Bool { !open.isEmpty }
  /// Whether the client waits for the first byte of an answer.
  var awaitsAnswer: Bool { isBusy && !isAnswering }

  package func handlerAdded(context: ChannelHandlerContext) {
    idleSince = context.eventLoop.now
    if context.channel.isActive { setTimer(context) }
  }

  package func channelActive(context: ChannelHandlerContext) {
    setTimer(context)
    context.fireChannelActive()
  }

  package func handlerRemoved(context: ChannelHandlerContext) { timer?.task.cancel() }

  // MARK: What comes in

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    gate.hasNewBytes = false
    switch unwrapInboundIn(data) {
    case .head(let head):
      headSince = nil
      if ending != nil { return }
      open.append(Open(version: head.version))
      if !head.isKeepAlive { end() }
      arrival = Arrival(
        declared: head.headers.first(name: "content-length").flatMap { Int($0) },
        start: gate.passedBytes)
      tellPlace()
      if head.headers.first(name: "expect")?.lowercased() == "100-continue", open.count == 1 {
        let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
      }
    case .body(let bytes):
      if arrival == nil { return }
      arrival?.bytes += bytes.readableBytes
      if let since = arrival?.waitingSince {
        let waited = context.eventLoop.now - since
        arrival?.waited += waited
        arrival?.waitingSince = nil
      }
    case .end:
      if arrival == nil { return }
      arrival = nil
      tellPlace()
    }
    context.fireChannelRead(data)
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    if gate.hasNewBytes, arrival == nil, headSince == nil { headSince = context.eventLoop.now }
    if let arrival, let bytes = excessiveFraming(of: arrival) {
      errorCaught(context: context, error: BodyFault.framing(bytes: bytes))
    }
    context.fireChannelReadComplete()
    setTimer(context)
  }

  /// What has come around the chunks of a body, in bytes, where that is more than it may be.
  private func excessiveFraming(of arrival: Arrival) -> Int? {
    guard arrival.declared == nil else { return nil }
    let bytes = gate.passedBytes - arrival.start - arrival.bytes
    return bytes > limits.chunkFramingBytesMax + 8 * arrival.bytes ? bytes : nil
  }

  package func read(context: ChannelHandlerContext) {
    if arrival != nil, arrival?.waitingSince == nil {
      arrival?.waitingSince = context.eventLoop.now
      setTimer(context)
    }
    context.read()
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case ChannelEvent.inputClosed:
      isInputClosed = true
      headSince = nil
      arrival = nil
      if closing != nil {
        gate.closeWhenSent()
      } else if awaitsAnswer {
        probe = (context.eventLoop.now, .milliseconds(250))
        setTimer(context)
      }
    case is ChannelShouldQuiesceEvent:
      if isBusy { end() } else { context.close(promise: nil) }
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case let fault as BodyFault:
      // It may have come to its end meanwhile, or been given up; what comes now may be the body of
      // a later request than the one whose reader says so.
      if arrival?.isGivenUp ?? true || fault.isOfReader && open.count > 1 { return }
      arrival?.isGivenUp = true
      stopReading()
    case HTTPParserError.headerOverflow:
      let refusal = Refusal(
        status: .requestHeaderFieldsTooLarge, reason: "the request's head is too large")
      if isRefused(context, refusal) { return }
    case is HTTPParserError:
      let refusal = Refusal(status: .badRequest, reason: "this is not HTTP: \(error)")
      if isRefused(context, refusal) { return }
    default: break
    }
    context.fireErrorCaught(error)
  }

  /// Refuses what was no request, now or behind the answers to what came before it.
  ///
  /// - Returns: whether it was now. In the middle of a body it is for whoever reads that to refuse.
  private func isRefused(_ context: ChannelHandlerContext, _ refusal: Refusal) -> Bool {
    let isNow = !isBusy
    stopReading(arrival == nil ? refusal : nil)
    if isNow { refuse(context, refusal.status, refusal.reason) }
    return isNow
  }

  /// Nothing of what still comes is understood.
  private func stopReading(_ refusal: Refusal? = nil) {
    gate.discard(upTo: limits.discardedBytes)
    arrival?.waitingSince = nil
    headSince = nil
    end(refusal)
  }

  /// Ends the connection behind the answers to all requests that have come, unless its end has been
  /// settled before.
  private func end(_ refusal: Refusal? = nil) {
    if ending == nil { ending = Ending(left: open.count, refusal: refusal) }
  }

  // MARK: What goes out

  package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?)
  {
    if closing != nil {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head) where !head.status.isInformational:
      isAnswering = true
      probe = nil
      if open.first?.version == .http1_0 { makeOlder(&head) }
      if head.headers.closesConnection { ending = Ending(left: 1) }
      if hasMuchToCome { end() }
      if let ending, ending.left == 1, ending.refusal == nil {
        head.headers.replaceOrAdd(name: "connection", value: "close")
      }
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .end:
      context.write(data, promise: promise)
      endAnswer(context)
    default:
      context.write(data, promise: promise)
    }
  }

  /// Of open requests, all but the last have come as a whole: who has had an answer before the rest
  /// of a request came sends no other in between.
  private func tellPlace() {
    let isLastComing = arrival != nil && isBusy
    place?.tell(requests: open.count, complete: open.count - (isLastComing ? 1 : 0))
  }

  /// Pieces of unknown length are not for clients of the older version: where it is not told, the
  /// end of the connection is the end of the answer. They count on no more answers unless told.
  private func makeOlder(_ head: inout HTTPResponseHead) {
    head.version = .http1_0
    if head.headers.contains(name: "content-length") {
      head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
    } else {
      ending = Ending(left: 1)
    }
  }

  private func endAnswer(_ context: ChannelHandlerContext) {
    _ = open.popFirst()
    isAnswering = false
    idleSince = context.eventLoop.now
    tellPlace()
    ending?.left -= 1
    if let ending, ending.left <= 0 {
      context.flush()
      if let refusal = ending.refusal {
        refuse(context, refusal.status, refusal.reason)
      } else {
        close(context)
      }
    } else if isInputClosed, isBusy {
      probe = (context.eventLoop.now + .milliseconds(250), .milliseconds(250))
    }
    setTimer(context)
  }

  /// Whether more of the answered request is missing than one would wait for only to keep the
  /// connection.
  private var hasMuchToCome: Bool {
    guard let arrival, open.count == 1 else { return false }
    guard let declared = arrival.declared else { return true }
    return declared - arrival.bytes > limits.unreadBytesKept
  }

  package func close(
    context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
  ) {
    guard mode == .output else {
      context.close(mode: mode, promise: promise)
      return
    }
    close(context)
    promise?.succeed()
  }

  /// Ends the connection once what was written is sent, and reads on for a while meanwhile.
  func close(_ context: ChannelHandlerContext) {
    if closing != nil { return }
    closing = .afterFlush
    headSince = nil
    arrival = nil
    probe = nil
    if stalled == nil { stalled = (context.eventLoop.now, waitingBytes(context)) }
    if isInputClosed {
      gate.closeWhenSent()
    } else {
      gate.discard(upTo: limits.discardedBytes)
      let sent = context.eventLoop.makePromise(of: Void.self)
      sent.futureResult.assumeIsolated().whenComplete { [self] _ in
        discardFurther(context)
        setTimer(context)
      }
      context.close(mode: .output, promise: sent)
      // Whoever handles the requests sees that no more will come.
      context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }
    setTimer(context)
  }

  /// Reads on for another while.
  func discardFurther(_ context: ChannelHandlerContext) {
    closing = .until(
      context.eventLoop.now + limits.discarding, discarded: gate.discardedBytes)
  }

  /// Answers what could not be read as a request, and closes.
  func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ reason: String) {
    let kind = status == .requestTimeout ? "Timeout error" : "Bad request"
    let body = refusal.body("\(kind): \(reason)")
    var head = HTTPResponseHead(version: .http1_1, status: status)
    head.headers.add(name: "content-type", value: "application/json")
    head.headers.add(name: "content-length", value: String(body.count))
    head.headers.add(name: "connection", value: "close")
    // Who asked is not known: without a head there is no origin to name.
    if refusal.isForEveryPage { head.headers.add(name: "access-control-allow-origin", value: "*") }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(
      wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    close(context)
  }
}

extension HTTPResponseStatus {
  fileprivate var isInformational: Bool { (100..<200).contains(code) }
}

extension HTTPHeaders {
  fileprivate var closesConnection: Bool { first(name: "connection")?.lowercased() == "close" }
}
