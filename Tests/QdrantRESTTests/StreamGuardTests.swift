import HTTPConnections
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import QdrantREST
import Testing
import TransportBase

/// One stream of HTTP/2 without a socket, whose clock goes when it is told to.
private struct Stream {
  let channel = EmbeddedChannel()
  private let faults = Faults()

  /// What comes to the end of the pipeline.
  private final class Faults: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    var faults: [BodyFault] = []

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      if let fault = error as? BodyFault { faults.append(fault) }
    }
  }

  init(
    of streams: StreamCount? = nil, _ change: (inout ConnectionLimits) -> Void = { _ in }
  ) throws {
    var limits = ConnectionLimits()
    change(&limits)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(StreamGuard(limits, of: streams))
    try pipeline.addHandler(faults)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    let head = HTTPRequest(method: .put, scheme: "https", authority: "x", path: "/")
    try channel.writeInbound(HTTPRequestPart.head(head))
  }

  var isOpen: Bool { channel.isActive }
  var bodyFaults: [BodyFault] { faults.faults }

  func receive(_ bytes: Int) throws {
    try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0, count: bytes)))
  }

  /// The server asks for more.
  func ask() { channel.read() }

  func pass(_ seconds: Int64) {
    channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
  }
}

@Suite struct StreamGuardTests {
  @Test func aBodyHasToComeInATimeThatGrowsWithIt() throws {
    let stream = try Stream { $0.bodyBytesPerSecond = 1000 }
    for _ in 0..<10 {
      stream.ask()
      stream.pass(8)
      try stream.receive(6000)
    }
    #expect(stream.bodyFaults.isEmpty)
    stream.ask()
    stream.pass(30)
    #expect(stream.bodyFaults == [.tooSlow(bytes: 60_000)])
    // It is told once, and the stream is the server's to end.
    stream.pass(100)
    #expect(stream.bodyFaults.count == 1 && stream.isOpen)
  }

  @Test func timeInWhichTheServerDoesNotReadIsNotTheClients() throws {
    let stream = try Stream()
    stream.ask()
    try stream.receive(10)
    stream.pass(1000)
    #expect(stream.bodyFaults.isEmpty)
    stream.ask()
    stream.pass(32)
    #expect(stream.bodyFaults == [.tooSlow(bytes: 10)])
  }

  @Test func aBodyThatHasComeTakesNoTime() throws {
    let stream = try Stream()
    stream.ask()
    try stream.channel.writeInbound(HTTPRequestPart.end(nil))
    stream.ask()
    stream.pass(1000)
    #expect(stream.bodyFaults.isEmpty && stream.isOpen)
  }

  @Test func aBodyThatHasComeHasNoFaults() throws {
    let stream = try Stream()
    try stream.channel.writeInbound(HTTPRequestPart.end(nil))
    stream.channel.pipeline.fireErrorCaught(BodyFault.late(seconds: 1))
    #expect(stream.bodyFaults.isEmpty)
    let other = try Stream()
    for seconds in 1...2 {
      other.channel.pipeline.fireErrorCaught(BodyFault.late(seconds: seconds))
    }
    other.ask()
    other.pass(1000)
    #expect(other.bodyFaults == [.late(seconds: 1)])
  }

  /// A connection that takes one of the places, without a socket.
  private func connect(
    at places: ConnectionPlaces
  ) throws -> (channel: EmbeddedChannel, streams: StreamCount) {
    let channel = EmbeddedChannel()
    let streams = StreamCount(ConnectionLimits(), try places.take(channel))
    try channel.pipeline.syncOperations.addHandler(streams)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    channel.embeddedEventLoop.run()
    return (channel, streams)
  }

  /// Whoever comes gets the place of a connection whose streams wait for the rest of requests.
  @Test func aRequestThatDoesNotComeKeepsNoPlace() throws {
    let places = ConnectionPlaces(countMax: 1)
    let (connection, streams) = try connect(at: places)
    let stopped = try Stream(of: streams)
    let whole = try Stream(of: streams)
    try whole.channel.writeInbound(HTTPRequestPart.end(nil))
    let early = try connect(at: places).channel
    connection.embeddedEventLoop.run()
    #expect(connection.isActive && !early.isActive)
    _ = try whole.channel.finish()
    let late = try connect(at: places).channel
    connection.embeddedEventLoop.run()
    #expect(!connection.isActive && late.isActive && stopped.isOpen)
  }

  /// However long a stream goes on, its connection stays; without any it is idle.
  @Test func aConnectionLivesWithItsStreams() throws {
    let (connection, streams) = try connect(at: ConnectionPlaces(countMax: 1))
    connection.embeddedEventLoop.advanceTime(by: .seconds(74))
    let first = try Stream(of: streams)
    let second = try Stream(of: streams)
    connection.embeddedEventLoop.advanceTime(by: .seconds(1000))
    _ = try first.channel.finish()
    connection.embeddedEventLoop.advanceTime(by: .seconds(1000))
    #expect(connection.isActive)
    _ = try second.channel.finish()
    connection.embeddedEventLoop.advanceTime(by: .seconds(74))
    #expect(connection.isActive)
    connection.embeddedEventLoop.advanceTime(by: .seconds(2))
    #expect(!connection.isActive)
  }

  /// What is under way is answered before the connection ends.
  @Test func theEndOfAServerWaitsForStreams() throws {
    let (connection, streams) = try connect(at: ConnectionPlaces(countMax: 2))
    let stream = try Stream(of: streams)
    connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    connection.embeddedEventLoop.run()
    #expect(connection.isActive)
    _ = try stream.channel.finish()
    connection.embeddedEventLoop.run()
    #expect(!connection.isActive)
    let (idle, _) = try connect(at: ConnectionPlaces(countMax: 2))
    idle.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    idle.embeddedEventLoop.run()
    #expect(!idle.isActive)
  }

  /// Within `stalledAnswer`.
  @Test func anAnswerHasToBeTaken() throws {
    let stream = try Stream()
    try stream.channel.writeInbound(HTTPRequestPart.end(nil))
    stream.channel.isWritable = false
    stream.channel.pipeline.fireChannelWritabilityChanged()
    stream.pass(29)
    #expect(stream.isOpen)
    stream.channel.isWritable = true
    stream.channel.pipeline.fireChannelWritabilityChanged()
    stream.pass(100)
    #expect(stream.isOpen)
    stream.channel.isWritable = false
    stream.channel.pipeline.fireChannelWritabilityChanged()
    stream.pass(32)
    #expect(!stream.isOpen)
  }
}
