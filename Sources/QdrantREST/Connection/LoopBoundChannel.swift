import HummingbirdCore
import Logging
import NIOCore

/// An HTTP connection whose requests are handled on the connection's own event loop.
///
/// Otherwise every request would be passed to a thread of the shared pool and its answer back, and
/// waking threads costs more than reading a query and writing its answer. Whatever blocks or takes
/// long leaves the loop anyway: searches that take more than a fraction of a millisecond and writes
/// have threads of their own, large bodies go through ``BlockingWork``.
struct LoopBoundChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let base: HTTP1Channel

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    base.setup(channel: channel, logger: logger)
  }

  func handle(value: Value, logger: Logger) async {
    await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
      await base.handle(value: value, logger: logger)
    }
  }
}
