import HTTPConnections
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

/// Who is told when to come again and does not wait costs no more than who does.
@Suite struct RetryPauseTests {
  private let channel = EmbeddedChannel()

  init() throws {
    try channel.pipeline.syncOperations.addHandler(RetryPause(longest: .seconds(2)))
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
  }

  private func ask() throws {
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
    try channel.writeInbound(HTTPServerRequestPart.head(head))
    try channel.writeInbound(HTTPServerRequestPart.end(nil))
  }

  /// Whole requests that have been passed on since the last call.
  private func arrived() throws -> Int {
    var count = 0
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
      if case .end = part { count += 1 }
    }
    return count
  }

  private func answer(retryAfter seconds: Int?) throws {
    var head = HTTPResponseHead(version: .http1_1, status: seconds == nil ? .ok : .tooManyRequests)
    if let seconds { head.headers.add(name: "retry-after", value: "\(seconds)") }
    try channel.writeOutbound(HTTPServerResponsePart.head(head))
    try channel.writeOutbound(HTTPServerResponsePart.end(nil))
  }

  private func pass(_ milliseconds: Int64) {
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
  }

  @Test func whoComesEarlyTwiceWaits() throws {
    for expected in [1, 1, 0] {
      try ask()
      #expect(try arrived() == expected)
      if expected == 1 { try answer(retryAfter: 1) }
      pass(300)
    }
    // 300 ms have passed since the second refusal, and 300 more.
    pass(399)
    #expect(try arrived() == 0)
    pass(1)
    #expect(try arrived() == 1)
    try answer(retryAfter: 1)
    // It was on time, though not by itself.
    pass(10)
    try ask()
    pass(989)
    #expect(try arrived() == 0)
    pass(1)
    #expect(try arrived() == 1)
    try answer(retryAfter: nil)
    try ask()
    #expect(try arrived() == 1)
  }

  @Test func whoWaitsIsNeverKept() throws {
    for _ in 0..<4 {
      try ask()
      #expect(try arrived() == 1)
      try answer(retryAfter: 2)
      pass(2000)
    }
  }

  @Test func aPauseIsBounded() throws {
    for _ in 0..<2 {
      try ask()
      try answer(retryAfter: 3600)
    }
    _ = try arrived()
    try ask()
    pass(1999)
    #expect(try arrived() == 0)
    pass(1)
    #expect(try arrived() == 1)
  }

  @Test func nothingIsReadMeanwhileNorLostAtTheEnd() throws {
    final class Reads: ChannelOutboundHandler {
      typealias OutboundIn = HTTPServerResponsePart
      var count = 0

      func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
      }
    }
    let reads = Reads()
    try channel.pipeline.syncOperations.addHandler(reads, position: .first)
    for _ in 0..<2 {
      try ask()
      try answer(retryAfter: 2)
    }
    _ = try arrived()
    try ask()
    let before = reads.count
    channel.read()
    channel.read()
    #expect(reads.count == before)
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    #expect(try arrived() == 1)
    #expect(reads.count == before + 1)
  }
}
