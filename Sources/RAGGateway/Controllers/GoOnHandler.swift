import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Tells a client that waits to be told so (`Expect: 100-continue`) to send its body: `curl` waits
/// a second before each large one otherwise, and others for ever.
final class GoOnHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// Requests that are not answered yet. Behind another one's answer it would be taken for a part
  /// of that.
  private var open = 0

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) {
      open += 1
      if open == 1, head.headerFields[.expect]?.lowercased() == "100-continue" {
        let goOn = HTTPResponsePart.head(HTTPResponse(status: .continue))
        context.writeAndFlush(wrapOutboundOut(goOn), promise: nil)
      }
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { open -= 1 }
    context.write(data, promise: promise)
  }
}
