import NIOCore
import NIOHPACK
import NIOHTTP2
import QdrantService
import RequestTracing
import ServiceProcess
import TransportBase
import VectorDB

/// One connection of a client, behind HTTP/2: its calls, each of which is answered on the
/// connection's own event loop unless it takes long.
///
/// The library speaks HTTP/2 and hands over frames; what gRPC makes of them is done here, without a
/// channel for each stream: prefixes and messages, windows, deadlines, trailers, and the end.
final class GRPCConnection: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame
  typealias OutboundOut = HTTP2Frame

  let methods: GRPCMethods
  let limits: GRPCLimits
  let state: ServerState
  /// Whose calls these are.
  let caller = CallerID()
  private let notice: FrameNotice
  private let place: ConnectionPlace?
  var executor: EventLoopExecutor?

  var calls: [HTTP2StreamID: GRPCCall] = [:]
  /// How many of them have come as a whole.
  private var completeCalls = 0
  var lastStreamID = HTTP2StreamID(0)
  /// What the client may send on all streams before it is told to go on.
  var window = 65_535
  /// Bytes that wait for room.
  var waitingBytes = 0
  /// Bytes for which there is room, of all calls.
  var heldBytes = 0
  /// Small answers that wait to be sent, in bytes, and the memory for many of them.
  var smallAnswerBytes = 0
  var smallAnswersLease: MemoryLease?

  private var isReading = false
  private var needsFlush = false
  private var isFlushScheduled = false

  var lastReadAt = NIODeadline.uptimeNanoseconds(0)
  /// Since when a frame has been coming that has not come as a whole; the first is waited for from
  /// the beginning.
  var frameSince: NIODeadline?
  /// Whether frames have come since bytes were last read to their end.
  private var hasNewFrames = false
  var pingedAt: NIODeadline?
  var timer: (at: NIODeadline, task: Scheduled<Void>)?
  /// How far the end has come: the client was told, and told again with the last call.
  var ending: Ending?
  private var isInputClosed = false

  enum Ending {
    case announced
    case last
  }

  /// A connection that takes room for requests and answers of what `state` has.
  ///
  /// - Parameter place: told when calls come and are answered.
  init(
    _ methods: GRPCMethods, _ limits: GRPCLimits, _ state: ServerState, _ notice: FrameNotice,
    _ place: ConnectionPlace?
  ) {
    self.place = place
    self.methods = methods
    self.limits = limits
    self.state = state
    self.notice = notice
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    executor = EventLoopExecutor(context.eventLoop)
    lastReadAt = context.eventLoop.now
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    frameSince = context.eventLoop.now
    setTimer(context, at: context.eventLoop.now + limits.framePatience)
    replenish(context)
    flush(context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.task.cancel()
    timer = nil
    for call in calls.values { drop(call) }
    calls = [:]
    context.fireChannelInactive()
  }

  /// Stops what is done for a call that nobody waits for.
  private func drop(_ call: GRPCCall) {
    call.isOver = true
    call.task?.cancel()
    if call.isWaiting {
      waitingBytes -= call.waiting.reduce(0) { $0 + $1.readableBytes }
      call.waiting = []
    }
    heldBytes -= call.bytesHeld
    call.bytesHeld = 0
    forgetAnswer(of: call)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Of a stream the library has told the client what is wrong; a connection it leaves to us.
    if error is any NIOHTTP2Error, !notice.hasFailed { return }
    context.close(promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case let event as StreamClosedEvent: streamClosed(event, context)
    case let event as NIOHTTP2WindowUpdatedEvent: windowUpdated(event, context)
    case is ChannelShouldQuiesceEvent: announceEnd(context)
    case ChannelEvent.inputClosed: inputClosed(context)
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func streamClosed(_ event: StreamClosedEvent, _ context: ChannelHandlerContext) {
    guard let call = calls[event.streamID] else { return }
    finished(call, context)
  }

  /// Who has ended sending still takes answers, or has gone: then what is sent comes back at once.
  private func inputClosed(_ context: ChannelHandlerContext) {
    isInputClosed = true
    if calls.isEmpty || calls.values.allSatisfy({ !$0.hasEnded }) {
      context.close(promise: nil)
      return
    }
    ending = .last
    probe(context)
  }

  private func probe(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    write(.ping(HTTP2PingData(withInteger: 0), ack: false), .rootStream, context)
    flush(context)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: .milliseconds(250)) {
      bound.value.0.probe(bound.value.1)
    }
  }

  // MARK: What arrives

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = true
    hasNewFrames = true
    let frame = unwrapInboundIn(data)
    switch frame.payload {
    case .headers(let headers):
      if let call = calls[frame.streamID] {
        // Behind the messages there is nothing to know.
        if headers.endStream { endRequest(of: call, context) }
      } else {
        begin(frame.streamID, headers, context)
      }
    case .data(let data): received(data, frame.streamID, context)
    case .ping(_, ack: true): pingAnswered(context)
    default: break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    lastReadAt = context.eventLoop.now
    pingedAt = nil
    noteFrames(context)
    if needsFlush { flush(context) }
    context.fireChannelReadComplete()
  }

  /// Bytes that bring no frame are a part of one.
  private func noteFrames(_ context: ChannelHandlerContext) {
    if hasNewFrames {
      frameSince = nil
    } else if frameSince == nil {
      frameSince = lastReadAt
      setTimer(context, at: lastReadAt + limits.framePatience)
    }
    hasNewFrames = false
  }

  private func begin(
    _ id: HTTP2StreamID, _ headers: HTTP2Frame.FramePayload.Headers,
    _ context: ChannelHandlerContext
  ) {
    if ending == .last {
      write(.rstStream(.refusedStream), id, context)
      return
    }
    lastStreamID = id
    let head = CallHead(headers.headers)
    if head.isMalformed {
      write(.rstStream(.protocolError), id, context)
      return
    }
    if let refusal = head.refusal {
      refuse(id, refusal, isHalfOpen: !headers.endStream, context)
      return
    }
    do throws(GRPCStatus) {
      let (method, caller) = try methods.method(
        at: head.path, head.credentials, from: origin(head, context))
      let call = GRPCCall(
        id, method.kind, ServiceCall(caller: caller), head,
        trace: methods.gate.tracer.accept(
          head.traceParent, called: String(head.path.dropFirst())),
        room: makeRoom(id, context), window: limits.callWindow, now: context.eventLoop.now)
      if state.replication != nil { call.room.head = head }
      calls[id] = call
      tellPlace()
      if headers.endStream {
        endRequest(of: call, context)
      } else {
        setTimer(context, at: call.startedAt + limits.patience)
      }
      if let deadline = call.deadline { setTimer(context, at: deadline) }
    } catch {
      // Paths that do not exist are not counted: they are the client's to choose.
      if methods.knows(head.path) {
        state.grpcAnswers.record(
          method: "", endpoint: head.path, status: error.code.rawValue, seconds: 0)
      }
      refuse(id, error.soleHeaders, isHalfOpen: !headers.endStream, context)
    }
  }

  private func origin(_ head: CallHead, _ context: ChannelHandlerContext) -> Caller.Origin {
    let forwarded = methods.gate.trustsForwarding ? head.forwardedFor : nil
    return Caller.Origin(
      remote: forwarded ?? context.remoteAddress?.ipAddress, tracingID: head.tracingID,
      api: head.path, receipt: methods.gate.makeReceipt())
  }

  // MARK: Writing

  func write(
    _ payload: HTTP2Frame.FramePayload, _ id: HTTP2StreamID, _ context: ChannelHandlerContext,
    promise: EventLoopPromise<Void>? = nil
  ) {
    needsFlush = true
    context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: promise)
  }

  func flush(_ context: ChannelHandlerContext) {
    needsFlush = false
    context.flush()
  }

  /// Sends what was written when all that is done in this turn of the event loop has been written.
  func flushSoon(_ context: ChannelHandlerContext) {
    if isReading || isFlushScheduled { return }
    isFlushScheduled = true
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.execute {
      let (connection, context) = bound.value
      connection.isFlushScheduled = false
      connection.flush(context)
    }
  }

  /// A request has come as a whole.
  func completed(_ call: GRPCCall) {
    if call.isComplete { return }
    call.isComplete = true
    completeCalls += 1
    tellPlace()
  }

  /// A call has been answered to its end, or its stream has gone.
  func finished(_ call: GRPCCall, _ context: ChannelHandlerContext) {
    guard calls.removeValue(forKey: call.id) != nil else { return }
    if call.isComplete { completeCalls -= 1 }
    drop(call)
    tellPlace()
    closeIfDone(context)
  }

  private func tellPlace() { place?.tell(requests: calls.count, complete: completeCalls) }

  // MARK: The end

  /// Tells the client to open no more calls.
  private func announceEnd(_ context: ChannelHandlerContext) {
    if ending != nil { return }
    ending = .announced
    write(.goAway(lastStreamID: .maxID, errorCode: .noError, opaqueData: nil), .rootStream, context)
    write(.ping(HTTP2PingData(withInteger: 1), ack: false), .rootStream, context)
    flush(context)
    setTimer(context, at: context.eventLoop.now + .seconds(1))
  }

  private func pingAnswered(_ context: ChannelHandlerContext) {
    if ending == .announced { announceLast(context) }
  }

  /// Calls that the client opened before it knew have arrived: from here on none is taken.
  func announceLast(_ context: ChannelHandlerContext) {
    ending = .last
    let last = HTTP2Frame.FramePayload.goAway(
      lastStreamID: lastStreamID, errorCode: .noError, opaqueData: nil)
    write(last, .rootStream, context)
    flush(context)
    closeIfDone(context)
  }

  private func closeIfDone(_ context: ChannelHandlerContext) {
    guard ending == .last, calls.isEmpty else { return }
    // When all that was written before has been sent. What the client still sends is read: a reset
    // might reach it before the last answer.
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.eventLoop.execute {
      let (connection, context) = bound.value
      let sent = context.eventLoop.makePromise(of: Void.self)
      sent.futureResult.assumeIsolated().whenComplete { _ in
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: connection.limits.farewell) {
          context.close(promise: nil)
        }
      }
      connection.write(
        .ping(HTTP2PingData(withInteger: 0), ack: false), .rootStream, context, promise: sent)
      connection.flush(context)
    }
  }
}

/// Notes that the library has given a connection up, which it tells no other way.
///
/// SAFETY: used on the event loop of its connection alone.
final class FrameNotice: NIOHTTP2FrameDelegate, @unchecked Sendable {
  private(set) var hasFailed = false

  func wroteFrame(_ frame: HTTP2Frame) {
    if case .goAway(_, let code, _) = frame.payload, code != .noError { hasFailed = true }
  }
}
