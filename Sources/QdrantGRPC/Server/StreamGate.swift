import GRPCCore
import NIOCore
import NIOHPACK
import NIOHTTP2
import QdrantService

/// Stands before a call's stream, where it is frames still: what arrives takes its room from the
/// budget that the requests of all transports share, and goes on when there is room. While there is
/// none no more is read, so that the client's window closes. The room is given back with the end of
/// the stream.
///
/// A message must arrive within a time that grows with its size. And the gate keeps from the rest
/// that a client takes packed answers: packing costs more than it saves, and the clients of some
/// languages offer it unasked.
final class StreamGate: ChannelDuplexHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload
  typealias OutboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  /// The time that every message has, before its size is counted.
  private static let patience = TimeAmount.seconds(30)
  /// What of a message has to arrive in each second beyond that, in bytes.
  private static let bytesPerSecond = 32 << 10

  private let budget: ByteBudget
  private var share: Share?
  /// What has arrived and waits for room, in its order.
  private var waiting = CircularBuffer<HTTP2Frame.FramePayload>()
  private var isWaiting = false
  /// Whether somebody wanted to read while the gate waited.
  private var owesRead = false
  private var bytesArrived = 0
  private var startedAt = NIODeadline.uptimeNanoseconds(0)
  private var clock: Scheduled<Void>?

  init(_ budget: ByteBudget) {
    self.budget = budget
  }

  func handlerAdded(context: ChannelHandlerContext) {
    startedAt = .now()
    watch(context, after: Self.patience)
  }

  func handlerRemoved(context: ChannelHandlerContext) { close() }

  func channelInactive(context: ChannelHandlerContext) {
    close()
    context.fireChannelInactive()
  }

  private func close() {
    clock?.cancel()
    clock = nil
    share = nil
    waiting.removeAll()
  }

  // MARK: What arrives

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var payload = unwrapInboundIn(data)
    if case .headers(var headers) = payload {
      headers.headers.remove(name: "grpc-accept-encoding")
      payload = .headers(headers)
    }
    if isWaiting {
      waiting.append(payload)
    } else {
      pass(payload, context)
    }
  }

  func read(context: ChannelHandlerContext) {
    if isWaiting {
      owesRead = true
    } else {
      context.read()
    }
  }

  /// Passes one payload on, at once or when there is room for it.
  private func pass(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
    guard case .data(let data) = payload else {
      context.fireChannelRead(wrapInboundOut(payload))
      return
    }
    let bytes = data.data.readableBytes
    bytesArrived += bytes
    let share = self.share ?? makeShare(context)
    if share.takeAtOnce(bytes) {
      forward(payload, context)
      return
    }
    isWaiting = true
    waiting.prepend(payload)
    let gate = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    Task {
      do throws(ServiceError) {
        try await share.take(bytes)
        eventLoop.execute { gate.value.0.goOn(gate.value.1) }
      } catch {
        let refusal = RPCError(error)
        eventLoop.execute { gate.value.0.refuse(refusal, gate.value.1) }
      }
    }
  }

  private func forward(_ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext) {
    if case .data(let data) = payload, data.endStream {
      share?.complete()
      clock?.cancel()
      clock = nil
    }
    context.fireChannelRead(wrapInboundOut(payload))
  }

  private func makeShare(_ context: ChannelHandlerContext) -> Share {
    let channel = context.channel
    let made = Share(budget.share { channel.close(promise: nil) })
    share = made
    return made
  }

  /// There is room for the first payload that waits.
  private func goOn(_ context: ChannelHandlerContext) {
    isWaiting = false
    guard let first = waiting.popFirst() else { return }
    forward(first, context)
    while !isWaiting, let next = waiting.popFirst() { pass(next, context) }
    if isWaiting { return }
    context.fireChannelReadComplete()
    if owesRead {
      owesRead = false
      context.read()
    }
  }

  // MARK: What is refused

  /// Answers a call that was given no room, in the place of its handler, and ends the stream.
  private func refuse(_ error: RPCError, _ context: ChannelHandlerContext) {
    var headers: HPACKHeaders = [
      ":status": "200", "content-type": "application/grpc",
      "grpc-status": String(error.code.rawValue), "grpc-message": error.message,
    ]
    for (key, value) in error.metadata {
      if case .string(let value) = value { headers.add(name: key, value: value) }
    }
    let answer = HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: true))
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  /// Ends the stream when its message comes too slowly.
  private func watch(_ context: ChannelHandlerContext, after delay: TimeAmount) {
    let gate = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    clock = context.eventLoop.scheduleTask(in: delay) {
      let (gate, context) = gate.value
      // While the gate waits for room, the client is not the one who is slow.
      let allowed = Self.patience + .seconds(Int64(gate.bytesArrived / Self.bytesPerSecond))
      if gate.isWaiting || .now() - gate.startedAt < allowed {
        gate.watch(context, after: .seconds(1))
      } else {
        let slow = RPCError(
          code: .deadlineExceeded, message: "The request did not arrive in time")
        gate.refuse(slow, context)
      }
    }
  }
}

/// What one stream has taken of the budget.
///
/// SAFETY: a share has one user at a time. While a task waits for room, the gate on its event loop
/// holds back all that would use the share, and goes on when the task has done with it.
private final class Share: @unchecked Sendable {
  private let share: ByteBudget.Share

  init(_ share: ByteBudget.Share) {
    self.share = share
  }

  func takeAtOnce(_ bytes: Int) -> Bool { share.takeAtOnce(bytes) }

  func take(_ bytes: Int) async throws(ServiceError) { try await share.take(bytes) }

  func complete() { share.complete() }
}
