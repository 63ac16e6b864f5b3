import FastJSON
import HTTPConnections
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import TransportBase

/// HTTP/1.1 on a connection whose client has to send in time, and to take what it is answered.
struct GuardedChannel: HTTPChannelHandler {
  let responder: Responder
  let limits: ConnectionLimits

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<GuardedPipeline.Stream> {
    channel.eventLoop.makeCompletedFuture {
      try GuardedPipeline.open(channel, limits: limits) { text in
        JSONValue.object(["detail": .string(text)]).serialized()
      }
    }
  }

  func handle(value: GuardedPipeline.Stream, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}

/// HTTP/1.1 over TLS.
struct SecureChannel: HTTPChannelHandler {
  let plain: GuardedChannel
  let certificate: ServerCertificate

  var responder: Responder { plain.responder }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<GuardedPipeline.Stream> {
    channel.eventLoop.makeCompletedFuture {
      try certificate.addHandler(to: channel.pipeline.syncOperations)
    }.flatMap { plain.setup(channel: channel, logger: logger) }
  }

  func handle(value: GuardedPipeline.Stream, logger: Logger) async {
    await plain.handle(value: value, logger: logger)
  }
}
