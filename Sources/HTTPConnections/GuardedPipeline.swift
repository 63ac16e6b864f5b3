package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1
package import TransportBase

/// HTTP/1 on a connection that a ``ConnectionGuard`` watches over.
package enum GuardedPipeline {
  /// Requests that come and answers that go.
  package typealias Stream = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  /// Makes a connection speak HTTP/1. On its event loop.
  ///
  /// - Parameters:
  ///   - place: told when requests come and are answered.
  ///   - refusal: how what is no request is answered.
  package static func open(
    _ channel: any Channel, _ place: ConnectionPlace, limits: ConnectionLimits,
    refusal: RefusalForm
  ) throws -> Stream {
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
    try pipeline.addHandler(
      ConnectionGuard(limits: limits, gate: gate, place: place, refusal: refusal))
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
    return try NIOAsyncChannel(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true))
  }
}

/// How a connection answers what it could not read as a request.
package struct RefusalForm: Sendable {
  /// Whether pages of every origin may read the answer.
  let isForEveryPage: Bool
  /// Makes the body, in JSON, that tells why.
  let body: @Sendable (String) -> [UInt8]

  /// Answers whose body is `body` of the reason.
  package init(isForEveryPage: Bool, body: @escaping @Sendable (String) -> [UInt8]) {
    self.isForEveryPage = isForEveryPage
    self.body = body
  }
}
