import HTTPConnections
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import TransportBase
import VectorDB

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
  let places: ConnectionPlaces
  let refusal: RefusalForm

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    PeerWatch.begin(channel, limits)
    return channel.eventLoop.makeCompletedFuture { try open(channel, places.take(channel)) }
  }

  /// Makes a connection speak HTTP/1. On its event loop.
  func open(_ channel: any Channel, _ place: ConnectionPlace) throws -> Value {
    try GuardedPipeline.open(channel, place, limits: limits, refusal: refusal)
  }

  /// Answers the connection's requests one after another. The connection's end cancels whatever is
  /// under way for it.
  func handle(value: Value, logger: Logger) async {
    await handle(value, logger, of: CallerID())
  }

  /// As ``handle(value:logger:)``, for a stream of a connection, all of which are of one caller.
  func handle(_ value: Value, _ logger: Logger, of caller: CallerID) async {
    let channel = value.channel
    let task = Task(executorPreference: EventLoopExecutor(channel.eventLoop)) {
      await BodyAbortion.$current.withValue(BodyAbortion(channel)) {
        await CallerID.$current.withValue(caller) {
          await handleHTTP(asyncChannel: value, logger: logger)
        }
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
