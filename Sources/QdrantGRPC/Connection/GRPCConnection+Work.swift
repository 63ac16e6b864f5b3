import NIOCore
import ProtoWire
import QdrantAPI
import QdrantService
import RequestTracing
import VectorDB

/// What becomes of requests that have arrived.
extension GRPCConnection {
  /// The client has said all of a request.
  func endRequest(of call: GRPCCall, _ context: ChannelHandlerContext) {
    call.hasEnded = true
    if call.isOver { return }
    completed(call)
    call.room.complete()
    switch call.kind {
    case .unary(let perform):
      do throws(GRPCStatus) {
        guard let (message, isPacked) = try call.frames.nextMessage(upTo: limits.messageBytesMax)
        else { throw GRPCStatus(.internalError, "Missing request message.") }
        start(call, message, isPacked, perform, context)
      } catch {
        end(call, error, context)
      }
    case .conversation(let answer): converse(call, answer, context)
    }
  }

  /// Does the work in a task that is cancelled when the client has gone or its time is over.
  private func start(
    _ call: GRPCCall, _ message: ByteBuffer, _ isPacked: Bool,
    _ perform: @escaping GRPCMethod.Perform,
    _ context: ChannelHandlerContext
  ) {
    let eventLoop = context.eventLoop
    let bound = NIOLoopBound((self, call, context), eventLoop: eventLoop)
    let (room, service, limit) = (call.room, call.call, limits.messageBytesMax)
    let (trace, gate) = (call.trace, methods.gate)
    let coding = isPacked ? call.frames.coding : nil
    call.frames.clear()
    room.message = message
    call.isPerforming = true
    let answering: @Sendable () async -> Void = {
      let outcome: Result<GRPCAnswer, GRPCStatus>
      do throws(GRPCStatus) {
        if let coding { try await room.unpack(coding, upTo: limit) }
        outcome = .success(
          try await trace.whileCurrent { () async throws(GRPCStatus) in
            try await perform(room, service)
          })
        trace.end(of: .ok)
      } catch {
        outcome = .failure(error)
        trace.end(of: error.code)
      }
      await gate.settle(service.caller.origin?.receipt)
      if eventLoop.inEventLoop {
        let (connection, call, context) = bound.value
        connection.performed(call, outcome, context)
      } else {
        eventLoop.execute {
          let (connection, call, context) = bound.value
          connection.performed(call, outcome, context)
        }
      }
    }
    let task = CallerID.$current.withValue(caller) {
      Task.immediate(executorPreference: executor, operation: answering)
    }
    if call.isPerforming { call.task = task }
  }

  private func performed(
    _ call: GRPCCall, _ outcome: Result<GRPCAnswer, GRPCStatus>,
    _ context: ChannelHandlerContext
  ) {
    call.isPerforming = false
    call.task = nil
    if call.isOver { return }
    switch outcome {
    case .success(let answer): send(answer, for: call, context)
    case .failure(let status): end(call, status, context)
    }
    flushSoon(context)
  }

  /// Answers the messages that have arrived, one after another as the client takes the answers.
  func converse(
    _ call: GRPCCall, _ answer: GRPCMethods.Decode<ProtoWriter>, _ context: ChannelHandlerContext
  ) {
    if call.answer != nil || call.isOver { return }
    do throws(GRPCStatus) {
      guard let (message, isPacked) = try call.frames.nextMessage(upTo: limits.conversationBytesMax)
      else {
        if call.hasEnded { end(call, GRPCStatus(.ok), context) }
        return
      }
      if isPacked {
        throw GRPCStatus(.unimplemented, "packed messages are not read in a conversation")
      }
      let answered: Result<ProtoWriter, GRPCStatus> = message.withUnsafeReadableBytes { bytes in
        do throws(DecodingFault) {
          return .success(try answer(ProtoMessage(bytes)))
        } catch {
          return .failure(GRPCStatus(error))
        }
      }
      send(GRPCAnswer(try answered.get()), for: call, context)
    } catch {
      end(call, error, context)
    }
  }
}

extension RequestTrace {
  /// Ends the span of a call.
  fileprivate func end(of code: GRPCStatus.Code) {
    guard let span else { return }
    let isFailure = code == .internalError || code == .unavailable
    let name = span.operationName
    let slash = name.firstIndex(of: "/") ?? name.endIndex
    end(
      [
        "rpc.system": .text("grpc"), "rpc.service": .text(String(name[..<slash])),
        "rpc.method": .text(String(name[slash...].dropFirst())),
        "rpc.grpc.status_code": .number(code.rawValue),
      ], isFailure: isFailure)
  }
}
