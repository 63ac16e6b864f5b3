import HTTPConnections
import NIOCore
import NIOEmbedded
import NIOHTTP1
import QdrantREST
import Testing
import TransportBase

/// A connection without a socket, whose clock goes when it is told to.
private struct Connection {
  let channel = EmbeddedChannel()
  private let faults = Faults()

  /// What comes to the end of the pipeline.
  private final class Faults: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    var faults: [BodyFault] = []
    var requests = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if case .head = unwrapInboundIn(data) { requests += 1 }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      if let fault = error as? BodyFault { faults.append(fault) }
    }
  }

  init(
    at places: ConnectionPlaces? = nil, _ change: (inout ConnectionLimits) -> Void = { _ in }
  ) throws {
    var limits = ConnectionLimits()
    change(&limits)
    let gate = ByteGate()
    let place = try places?.take(channel)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(gate)
    try pipeline.configureHTTPServerPipeline(
      withPipeliningAssistance: false, withErrorHandling: false)
    try pipeline.addHandler(
      ConnectionGuard(
        limits: limits, gate: gate, place: place,
        refusal: RefusalForm(isForEveryPage: false) { Array(#"{"told":"\#($0)"}"#.utf8) }))
    try pipeline.addHandler(faults)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
  }

  var isOpen: Bool { channel.isActive }
  var bodyFaults: [BodyFault] { faults.faults }
  /// How many requests came to the end of the pipeline.
  var requestsCount: Int { faults.requests }

  func receive(_ text: String) {
    // What is no HTTP comes back as an error, which is the guard's to answer.
    _ = try? channel.writeInbound(ByteBuffer(string: text))
    channel.read()
  }

  func pass(_ seconds: Int64) {
    channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
  }

  func answer(_ body: String) {
    var head = HTTPResponseHead(version: .http1_1, status: .ok)
    head.headers.add(name: "content-length", value: String(body.utf8.count))
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    channel.write(
      HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
  }

  /// Has so many bytes of an answer wait for a client that takes nothing.
  func lie(_ bytes: Int) {
    var head = HTTPResponseHead(version: .http1_1, status: .ok)
    head.headers.add(name: "content-length", value: "100000000")
    channel.writeAndFlush(HTTPServerResponsePart.head(head), promise: nil)
    let body = ByteBuffer(repeating: 0x20, count: bytes)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
    channel.isWritable = false
    channel.pipeline.fireChannelWritabilityChanged()
  }

  /// The client takes what waits, and is still not ready for more.
  func take() { channel.flush() }

  /// What has been sent since the last call.
  func sent() throws -> String {
    var text = ""
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
      text += String(buffer: bytes)
    }
    return text
  }

  func halfClose() {
    channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    pass(0)
  }
}

@Suite struct ConnectionGuardTests {
  private static let get = "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
  private static let put = "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n"

  /// What a request's reader says of its body is said of no other body.
  @Test func aFaultIsThatOfItsRequest() throws {
    let connection = try Connection()
    connection.receive(Self.get + Self.put)
    connection.channel.pipeline.fireErrorCaught(BodyFault.late(seconds: 1))
    connection.channel.pipeline.fireErrorCaught(BodyFault.stalled)
    #expect(connection.bodyFaults.isEmpty && connection.isOpen)
    connection.answer("{}")
    connection.channel.pipeline.fireErrorCaught(BodyFault.late(seconds: 1))
    #expect(connection.bodyFaults == [.late(seconds: 1)])
  }

  /// After `idle`, in which no request is under way.
  @Test func anIdleConnectionIsClosed() throws {
    let connection = try Connection()
    connection.pass(74)
    #expect(connection.isOpen)
    connection.receive(Self.get)
    connection.pass(1000)
    // The server may take as long as it likes.
    #expect(connection.isOpen)
    connection.answer("{}")
    connection.pass(74)
    #expect(connection.isOpen)
    connection.pass(2)
    #expect(!connection.isOpen)
  }

  /// Whoever comes gets the place of a connection once all that has come of it is answered.
  @Test func aRequestThatDoesNotComeKeepsNoPlace() throws {
    let places = ConnectionPlaces(countMax: 1)
    let connection = try Connection(at: places)
    connection.receive(Self.get + Self.put)
    let early = try Connection(at: places)
    early.pass(0)
    #expect(connection.isOpen && !early.isOpen)
    connection.answer("{}")
    let late = try Connection(at: places)
    connection.pass(0)
    #expect(!connection.isOpen && late.isOpen)
  }

  @Test func aHeadHasToCome() throws {
    let connection = try Connection()
    connection.receive("GET / HTTP/1.1\r\nho")
    connection.pass(19)
    #expect(try connection.sent() == "")
    connection.receive("st: ")
    connection.pass(2)
    let answer = try connection.sent()
    #expect(answer.hasPrefix("HTTP/1.1 408 "))
    #expect(answer.contains(#"{"told":"Timeout error: "#))
  }

  @Test func aBodyHasToComeInATimeThatGrowsWithIt() throws {
    let connection = try Connection { $0.bodyBytesPerSecond = 1000 }
    connection.receive(Self.put)
    for _ in 0..<10 {
      connection.receive(String(repeating: "x", count: 6000))
      connection.pass(8)
    }
    #expect(connection.bodyFaults.isEmpty)
    connection.pass(30)
    #expect(connection.bodyFaults == [.tooSlow(bytes: 60_000)])
    connection.answer("{}")
    #expect(try connection.sent().contains("connection: close\r\n"))
  }

  @Test func whoEndedSendingIsProbedWithTheBeginningOfTheAnswer() throws {
    let connection = try Connection()
    connection.receive(Self.get + Self.get)
    connection.halfClose()
    #expect(try connection.sent() == "H")
    connection.pass(1)
    #expect(try connection.sent() == "TT")
    connection.answer("{}")
    #expect(
      try connection.sent() == "P/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    connection.answer("[]")
    #expect(
      try connection.sent() == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
  }

  @Test func theConnectionIsClosedWhenMuchOfABodyIsLeft() throws {
    let connection = try Connection()
    connection.receive(Self.put + "{")
    connection.answer("{}")
    #expect(try connection.sent().contains("connection: close\r\n"))
    #expect(!connection.isOpen)
  }

  @Test func aSmallRestIsReadAndTheConnectionKept() throws {
    let connection = try Connection()
    connection.receive("PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{")
    connection.answer("{}")
    #expect(try !connection.sent().contains("connection: close"))
    connection.receive("123456789" + Self.get)
    connection.answer("[]")
    #expect(try connection.sent().hasSuffix("[]"))
    #expect(connection.isOpen)
  }

  @Test func aRestIsSmallUpToABound() throws {
    for (bytes, isKept) in [(0, true), (1, false)] {
      let connection = try Connection()
      let missing = ConnectionLimits().unreadBytesKept + bytes
      connection.receive("PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: \(missing + 1)\r\n\r\n{")
      connection.answer("{}")
      #expect(try connection.sent().contains("connection: close") == !isKept)
      #expect(connection.isOpen == isKept)
    }
  }

  /// Whoever has taken `answerStepBytes` has another `stalledAnswer` for the next ones.
  @Test func anAnswerHasToBeTakenInSteps() throws {
    for (missing, isOpen) in [(0, true), (1, false)] {
      let connection = try Connection()
      connection.receive(Self.get)
      connection.lie(ConnectionLimits().answerStepBytes - missing)
      connection.pass(29)
      #expect(connection.isOpen)
      connection.take()
      connection.pass(2)
      #expect(connection.isOpen == isOpen)
      connection.pass(27)
      #expect(connection.isOpen == isOpen)
      connection.pass(3)
      #expect(!connection.isOpen)
    }
  }

  @Test func whatIsNoHTTPIsRefusedBehindTheAnswersToWhatCameBefore() throws {
    let connection = try Connection()
    connection.receive(Self.get + Self.get + "hello?\r\n\r\n")
    #expect(connection.requestsCount == 2)
    connection.answer("{}")
    #expect(try !connection.sent().contains("close"))
    connection.answer("[]")
    let sent = try connection.sent()
    #expect(sent.contains("HTTP/1.1 400 ") && sent.contains("connection: close"))
    connection.pass(10)
    #expect(!connection.isOpen)
  }

  @Test func nothingBehindTheLastRequestIsPassedOn() throws {
    let last = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    let connection = try Connection()
    connection.receive(Self.get + last + Self.get)
    #expect(connection.requestsCount == 2)
    connection.answer("{}")
    #expect(try !connection.sent().contains("connection: close"))
    connection.answer("[]")
    #expect(try connection.sent().contains("connection: close"))
    connection.pass(10)
    #expect(!connection.isOpen)
  }

  @Test func aServerThatStopsAnswersWhatHasCome() throws {
    let connection = try Connection()
    connection.receive(Self.get + "PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{")
    connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    connection.receive("}" + Self.get)
    #expect(connection.requestsCount == 2)
    connection.answer("{}")
    #expect(try !connection.sent().contains("connection: close"))
    connection.answer("[]")
    #expect(try connection.sent().contains("connection: close"))
    connection.pass(10)
    #expect(!connection.isOpen)
  }

  @Test func whatIsNoHTTPIsRefused() throws {
    let connection = try Connection()
    connection.receive("hello?\r\n\r\n")
    #expect(try connection.sent().hasPrefix("HTTP/1.1 400 "))
  }
}
