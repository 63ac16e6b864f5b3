package import NIOCore

/// The first handler of a connection, where it is bytes still: it finds out whether the client is
/// there, and throws away what nobody will read.
///
/// A client that has ended its sending looks the same whether it waits for its answer or has gone.
/// Bytes that are sent to one that has gone are refused by its machine at once, so the gate sends
/// the first bytes of the answer early, one by one: every answer begins with the same ones, and
/// they are left out when it comes.
package final class ByteGate: ChannelDuplexHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer
  package typealias OutboundIn = IOData
  package typealias OutboundOut = IOData

  private static let beginning = Array("HTTP/1.".utf8)

  /// Bytes of the next answer that were sent already.
  private var sentEarly = 0
  private var context: ChannelHandlerContext?
  /// What may still be thrown away before the connection is closed; `nil` while all is passed on.
  private var discardable: Int?
  /// What has been thrown away so far, in bytes.
  private(set) var discardedBytes = 0
  /// What has been passed on so far, in bytes.
  private(set) var passedBytes = 0
  /// Whether bytes have come since this was last set to `false`.
  var hasNewBytes = false

  /// A gate that passes everything on.
  package init() {}

  package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Throws away what comes from now on, at most so many bytes: then the connection is closed.
  func discard(upTo bytes: Int) {
    discardable = bytes
    context?.read()
  }

  /// Sends the next byte of the answer that has not begun.
  ///
  /// - Returns: whether there was one left to send.
  func probe() -> Bool {
    guard let context, sentEarly < Self.beginning.count else { return false }
    let byte = Self.beginning[sentEarly]
    sentEarly += 1
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer(bytes: [byte]))), promise: nil)
    return true
  }

  /// Closes the connection when all that was written has been sent.
  func closeWhenSent() {
    guard let context else { return }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(ByteBuffer()))).whenComplete { _ in
      channel.close(promise: nil)
    }
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let discardable else {
      hasNewBytes = true
      passedBytes += unwrapInboundIn(data).readableBytes
      context.fireChannelRead(data)
      return
    }
    let bytes = unwrapInboundIn(data).readableBytes
    let rest = discardable - bytes
    discardedBytes += bytes
    self.discardable = rest
    if rest < 0 { context.close(promise: nil) }
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    context.fireChannelReadComplete()
    // Behind the gate nobody asks for more.
    if discardable != nil { context.read() }
  }

  package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?)
  {
    guard sentEarly > 0, case .byteBuffer(var buffer) = unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    let left = min(sentEarly, buffer.readableBytes)
    buffer.moveReaderIndex(forwardBy: left)
    sentEarly -= left
    context.write(wrapOutboundOut(.byteBuffer(buffer)), promise: promise)
  }
}
