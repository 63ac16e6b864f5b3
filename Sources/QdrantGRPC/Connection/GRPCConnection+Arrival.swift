import NIOCore
import NIOHTTP2
import QdrantService

/// What arrives of requests: it takes room, waits while there is none, and opens the windows by
/// which the client sends on.
extension GRPCConnection {
  func makeRoom(_ id: HTTP2StreamID, _ context: ChannelHandlerContext) -> RequestRoom {
    let eventLoop = context.eventLoop
    let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
    return RequestRoom(
      state.bodies.share {
        eventLoop.execute { bound.value.0.abort(id, bound.value.1) }
      })
  }

  /// Gives back what the messages of a conversation took, once they are answered.
  func renewRoom(of call: GRPCCall, _ context: ChannelHandlerContext) {
    guard call.frames.byteCount == 0, !call.isWaiting else { return }
    heldBytes -= call.bytesHeld
    call.bytesHeld = 0
    call.room = makeRoom(call.id, context)
  }

  func received(
    _ data: HTTP2Frame.FramePayload.Data, _ id: HTTP2StreamID, _ context: ChannelHandlerContext
  ) {
    guard case .byteBuffer(var bytes) = data.data, let call = calls[id], !call.isOver else {
      return
    }
    call.bytesArrived += bytes.readableBytes
    if call.isWaiting {
      waitingBytes += bytes.readableBytes
      call.waiting.append(bytes)
      if data.endStream { call.hasEnded = true }
      return
    }
    if bytes.readableBytes > 0 {
      guard call.room.takeAtOnce(bytes.readableBytes) else {
        waitingBytes += bytes.readableBytes
        call.waiting.append(bytes)
        if data.endStream { call.hasEnded = true }
        awaitRoom(call, context)
        return
      }
      take(&bytes, for: call, context)
    }
    if data.endStream { endRequest(of: call, context) }
  }

  private func take(
    _ bytes: inout ByteBuffer, for call: GRPCCall, _ context: ChannelHandlerContext
  ) {
    heldBytes += bytes.readableBytes
    call.accept(&bytes)
    switch call.kind {
    case .conversation(let answer): converse(call, answer, context)
    case .unary:
      do throws(GRPCStatus) {
        guard let (count, _) = try call.frames.nextPrefix(upTo: limits.messageBytesMax),
          call.frames.byteCount > count + MessageFrames.prefixBytes
        else { return }
        throw GRPCStatus(.internalError, "more than one message for a call of one request")
      } catch {
        end(call, error, context)
      }
    }
  }

  /// Holds back what has arrived of a call until there is room for it.
  private func awaitRoom(_ call: GRPCCall, _ context: ChannelHandlerContext) {
    call.isWaiting = true
    let bytes = call.waiting.reduce(0) { $0 + $1.readableBytes }
    let count = call.waiting.count
    let room = call.room
    let eventLoop = context.eventLoop
    let bound = NIOLoopBound((self, call, context), eventLoop: eventLoop)
    Task {
      let outcome: Result<Void, GRPCStatus>
      do throws(GRPCStatus) {
        outcome = .success(try await room.take(bytes))
      } catch {
        outcome = .failure(error)
      }
      eventLoop.execute {
        let (connection, call, context) = bound.value
        connection.goOn(call, count, bytes, outcome, context)
      }
    }
  }

  /// There is room for the first pieces that wait, or there will be none.
  private func goOn(
    _ call: GRPCCall, _ count: Int, _ bytes: Int, _ outcome: Result<Void, GRPCStatus>,
    _ context: ChannelHandlerContext
  ) {
    call.isWaiting = false
    // Its bytes are not counted as waiting any more.
    if call.isOver { return }
    waitingBytes -= bytes
    if case .failure(let status) = outcome {
      waitingBytes -= call.waiting.dropFirst(count).reduce(0) { $0 + $1.readableBytes }
      call.waiting = []
      end(call, status, context)
    } else {
      let pieces = call.waiting.prefix(count)
      call.waiting.removeFirst(count)
      for var piece in pieces where !call.isOver { take(&piece, for: call, context) }
      if call.isOver { return }
      if !call.waiting.isEmpty {
        awaitRoom(call, context)
      } else if call.hasEnded {
        endRequest(of: call, context)
      }
      replenish(call, context)
    }
    replenish(context)
    flushSoon(context)
  }

  /// A request that stopped arriving while others waited for the room that it takes.
  func abort(_ id: HTTP2StreamID, _ context: ChannelHandlerContext) {
    guard let call = calls[id], !call.hasEnded else { return }
    end(call, GRPCStatus(.deadlineExceeded, "The request stopped arriving"), context)
    flushSoon(context)
  }

  // MARK: Windows

  func windowUpdated(
    _ event: NIOHTTP2WindowUpdatedEvent, _ context: ChannelHandlerContext
  ) {
    if event.streamID == .rootStream {
      if let size = event.inboundWindowSize { window = size }
      replenish(context)
    } else if let call = calls[event.streamID] {
      if let size = event.inboundWindowSize { call.window = size }
      replenish(call, context)
    }
  }

  /// Tells the client to send on, as far as there is room for what it has sent.
  func replenish(_ call: GRPCCall, _ context: ChannelHandlerContext) {
    if call.hasEnded || call.isOver || call.isWaiting || call.answer != nil { return }
    let target = min(limits.callWindowMax, limits.callWindow + call.bytesHeld)
    if call.window > target / 2 { return }
    let increment = target - call.window
    call.window = target
    write(.windowUpdate(windowSizeIncrement: increment), call.id, context)
  }

  func replenish(_ context: ChannelHandlerContext) {
    let target = min(limits.connectionWindowMax, limits.connectionWindow + heldBytes)
    if window + waitingBytes > target / 2 { return }
    let increment = target - window - waitingBytes
    window += increment
    write(.windowUpdate(windowSizeIncrement: increment), .rootStream, context)
  }
}
