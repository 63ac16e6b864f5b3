import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import TransportBase

/// An HTTP connection whose requests are handled on the connection's own event loop, and given up
/// when the client has gone.
///
/// Otherwise every request would be passed to a thread of the shared pool and its answer back, and
/// waking threads costs more than reading a query and writing its answer. Whatever blocks or takes
/// long leaves the loop anyway: searches that take more than a fraction of a millisecond and writes
/// have threads of their own, large bodies go through ``BlockingWork``.
struct LoopBoundChannel: HTTPChannelHandler {
  typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  let responder: Responder
  let limits: ConnectionLimits

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture { try open(channel) }
  }

  /// Makes a connection speak HTTP/1. On its event loop.
  func open(_ channel: any Channel) throws -> Value {
    let pipeline = channel.pipeline.syncOperations
    let gate = ByteGate()
    try pipeline.addHandler(gate)
    var heads = NIOHTTPDecoderLimitConfiguration()
    heads.maxHeaderFieldSize = limits.headBytesMax
    heads.maxHeaderListSize = limits.headBytesMax
    heads.maxHeaderFieldCount = limits.headFieldsMax
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withErrorHandling: false,
      withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
      withDecoderLimitConfiguration: heads)
    try pipeline.addHandler(ConnectionGuard(limits: limits, gate: gate))
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
    return try NIOAsyncChannel(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true))
  }

  /// Answers the connection's requests one after another. The connection's end cancels whatever is
  /// under way for it.
  func handle(value: Value, logger: Logger) async {
    let channel = value.channel
    let task = Task(executorPreference: EventLoopExecutor(channel.eventLoop)) {
      await BodyAbortion.$current.withValue(BodyAbortion(channel)) {
        await handleHTTP(asyncChannel: value, logger: logger)
      }
    }
    channel.closeFuture.whenComplete { _ in task.cancel() }
    await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
