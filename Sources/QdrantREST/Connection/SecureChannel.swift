import HTTPConnections
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP2
import NIOHTTPTypes
import NIOHTTPTypesHTTP2
import NIOTLS
import TransportBase
import VectorDB

/// An HTTP connection over TLS: by HTTP/2 if the client offers it, otherwise as
/// ``LoopBoundChannel`` has it. Requests are handled on the connection's own event loop, several at
/// once by HTTP/2.
struct SecureChannel: HTTPChannelHandler {
  typealias Stream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  /// What the client and the server have agreed upon.
  enum Agreed: Sendable {
    case http1(Stream)
    case http2(NIOHTTP2Handler.AsyncStreamMultiplexer<Stream>)
  }

  /// A connection, and what is spoken over it as soon as that is known.
  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let agreed: EventLoopFuture<Agreed>
  }

  let plain: LoopBoundChannel
  let certificate: ServerCertificate

  var responder: Responder { plain.responder }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    PeerWatch.begin(channel, plain.limits)
    return channel.eventLoop.makeCompletedFuture {
      let place = try plain.places.take(channel)
      let pipeline = channel.pipeline.syncOperations
      try certificate.addHandler(to: pipeline)
      let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Agreed> { result, channel in
        channel.eventLoop.makeCompletedFuture {
          if case .negotiated("h2") = result { return .http2(try open(channel, place)) }
          return .http1(try plain.open(channel, place))
        }
      }
      try pipeline.addHandler(negotiation)
      // A client that never comes to an agreement would hold the connection for ever.
      let patience = channel.eventLoop.scheduleTask(in: plain.limits.head) {
        channel.close(promise: nil)
      }
      let agreed = negotiation.protocolNegotiationResult
      agreed.whenComplete { _ in patience.cancel() }
      channel.closeFuture.whenComplete { _ in patience.cancel() }
      return Value(channel: channel, agreed: agreed)
    }
  }

  /// Makes a connection speak HTTP/2.
  private func open(
    _ channel: any Channel, _ place: ConnectionPlace
  ) throws -> NIOHTTP2Handler.AsyncStreamMultiplexer<Stream> {
    let limits = plain.limits
    var configuration = NIOHTTP2Handler.Configuration()
    configuration.connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsMax),
      HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headBytesMax),
      HTTP2Setting(parameter: .initialWindowSize, value: limits.streamWindow),
    ]
    configuration.stream.targetWindowSize = limits.streamWindow
    let pipeline = channel.pipeline.syncOperations
    let streams = NIOLoopBound(StreamCount(limits, place), eventLoop: channel.eventLoop)
    let multiplexer = try pipeline.configureAsyncHTTP2Pipeline(
      mode: .server, configuration: configuration
    ) { stream in
      stream.eventLoop.makeCompletedFuture {
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandler(HTTP2FramePayloadToHTTPServerCodec())
        try pipeline.addHandler(StreamGuard(limits, of: streams.value))
        return try Stream(wrappingChannelSynchronously: stream)
      }
    }
    try pipeline.addHandler(streams.value)
    return multiplexer
  }

  func handle(value: Value, logger: Logger) async {
    do {
      switch try await value.agreed.get() {
      case .http1(let stream): await plain.handle(value: stream, logger: logger)
      case .http2(let multiplexer):
        let caller = CallerID()
        try await withThrowingDiscardingTaskGroup { group in
          for try await stream in multiplexer.inbound {
            group.addTask { await plain.handle(stream, logger, of: caller) }
          }
        }
      }
    } catch {
      logger.debug("a connection over TLS ended", metadata: ["reason": "\(error)"])
    }
    value.channel.close(promise: nil)
  }
}
