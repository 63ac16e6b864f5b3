import NIOCore
import NIOHPACK
import NIOHTTP2
import QdrantService
import Replication
import ServiceProcess
import VectorDB

/// What goes out: answers, as fast as the client takes them, and the blocks that end calls.
extension GRPCConnection {
  private static let headers: HPACKHeaders = [
    ":status": "200", "content-type": "application/grpc",
  ]
  private static let trailers = GRPCStatus(.ok).trailers

  /// The block before an answer; where servers share a log it says how far this one is.
  private var firstHeaders: HPACKHeaders {
    guard let progress = state.replication?.progress else { return Self.headers }
    var headers = Self.headers
    headers.add(name: Replicator.positionHeader, value: String(progress.segment))
    headers.add(name: Replicator.lagHeader, value: String(progress.lagMilliseconds))
    return headers
  }

  /// Sends an answer; a call of one answer is ended behind it.
  func send(_ answer: GRPCAnswer, for call: GRPCCall, _ context: ChannelHandlerContext) {
    if !answer.isLeased {
      do throws(ServiceError) {
        try holdSmall(answer.count)
      } catch {
        return end(call, GRPCStatus(error), context)
      }
    }
    count(call, .ok, context)
    if !call.hasSentHeaders {
      call.hasSentHeaders = true
      write(.headers(.init(headers: firstHeaders)), call.id, context)
    }
    call.answer = answer
    call.position = (0, 0)
    sendPiece(of: call, context)
  }

  /// Hands the next bytes of an answer over, and those behind them when they have been sent.
  private func sendPiece(of call: GRPCCall, _ context: ChannelHandlerContext) {
    guard let answer = call.answer, !call.isOver else { return }
    let bytes = nextBytes(of: call, answer)
    let isLast = call.position.piece == answer.pieces.count
    call.sendingSince = context.eventLoop.now
    if isLast, case .unary = call.kind {
      // The stream ends with it.
      write(.data(.init(data: .byteBuffer(bytes))), call.id, context)
      write(.headers(.init(headers: Self.trailers, endStream: true)), call.id, context)
    } else {
      let sent = context.eventLoop.makePromise(of: Void.self)
      let bound = NIOLoopBound((self, call, context), eventLoop: context.eventLoop)
      sent.futureResult.assumeIsolated().whenSuccess {
        let (connection, call, context) = bound.value
        isLast ? connection.sent(call, context) : connection.sendPiece(of: call, context)
        connection.flushSoon(context)
      }
      write(.data(.init(data: .byteBuffer(bytes))), call.id, context, promise: sent)
    }
    setTimer(context, at: context.eventLoop.now + limits.stalledAnswer)
  }

  private func nextBytes(of call: GRPCCall, _ answer: GRPCAnswer) -> ByteBuffer {
    let isFirst = call.position == (0, 0)
    var room = limits.answerStepBytes
    let left = min(answer.count, room)
    var bytes = ByteBuffer()
    bytes.reserveCapacity(left + MessageFrames.prefixBytes)
    if isFirst {
      bytes.writeInteger(0 as UInt8)
      bytes.writeInteger(UInt32(answer.count))
    }
    while call.position.piece < answer.pieces.count, room > 0 {
      let piece = answer.pieces[call.position.piece]
      let end = min(piece.count, call.position.byte + room)
      piece.withUnsafeBytes { source in
        _ = bytes.writeBytes(source[call.position.byte..<end])
      }
      room -= end - call.position.byte
      call.position = end == piece.count ? (call.position.piece + 1, 0) : (call.position.piece, end)
    }
    return bytes
  }

  /// The client has been sent an answer of a conversation.
  private func sent(_ call: GRPCCall, _ context: ChannelHandlerContext) {
    guard !call.isOver, case .conversation(let answer) = call.kind else { return }
    forgetAnswer(of: call)
    renewRoom(of: call, context)
    converse(call, answer, context)
    replenish(call, context)
  }

  /// Lets go of an answer and what it holds.
  func forgetAnswer(of call: GRPCCall) {
    guard let answer = call.answer else { return }
    if !answer.isLeased { smallAnswerBytes -= answer.count }
    if smallAnswerBytes <= limits.smallAnswersStep { smallAnswersLease = nil }
    call.answer = nil
    call.sendingSince = nil
  }

  /// Counts a small answer, and takes memory when there are many.
  ///
  /// - Throws: what the database's budget says when there is no room.
  private func holdSmall(_ bytes: Int) throws(ServiceError) {
    let free = limits.smallAnswersStep + (smallAnswersLease?.bytes ?? 0)
    if smallAnswerBytes + bytes > free {
      let database = try state.database()
      do throws(CollectionError) {
        let step = max(bytes, limits.smallAnswersStep)
        if let smallAnswersLease {
          try smallAnswersLease.grow(by: step)
        } else {
          smallAnswersLease = try database.lease(step, for: .answer)
        }
      } catch {
        throw .engine(error)
      }
    }
    smallAnswerBytes += bytes
  }

  /// Counts what becomes of a call, when it begins to be answered.
  private func count(
    _ call: GRPCCall, _ code: GRPCStatus.Code, _ context: ChannelHandlerContext
  ) {
    if call.isCounted { return }
    call.isCounted = true
    let elapsed = context.eventLoop.now - call.startedAt
    state.grpcAnswers.record(
      method: "", endpoint: call.path, status: code.rawValue,
      seconds: Double(elapsed.nanoseconds) * 1e-9,
      collection: code == .ok ? call.room.collection : nil)
  }

  /// Ends a call with a status, behind what was sent of it.
  func end(_ call: GRPCCall, _ status: GRPCStatus, _ context: ChannelHandlerContext) {
    if call.answer != nil {
      // What was announced will not be sent.
      write(.rstStream(.cancel), call.id, context)
      finished(call, context)
      return
    }
    count(call, status.code, context)
    let block = call.hasSentHeaders ? status.trailers : status.soleHeaders
    refuse(call.id, block, isHalfOpen: !call.hasEnded, context)
    finished(call, context)
  }

  /// Sends the last block of a stream, and ends it for a client that has more to say.
  func refuse(
    _ id: HTTP2StreamID, _ headers: HPACKHeaders, isHalfOpen: Bool,
    _ context: ChannelHandlerContext
  ) {
    guard isHalfOpen else {
      write(.headers(.init(headers: headers, endStream: true)), id, context)
      return
    }
    let sent = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    sent.futureResult.assumeIsolated().whenSuccess {
      let (connection, context) = bound.value
      connection.write(.rstStream(.noError), id, context)
      connection.flushSoon(context)
    }
    write(.headers(.init(headers: headers, endStream: true)), id, context, promise: sent)
  }
}
