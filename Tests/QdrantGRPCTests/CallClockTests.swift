import Logging
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import QdrantGRPC
import QdrantService
import Testing
import VectorDB

/// A connection of a client without a socket, in frames, whose clock goes when it is told to.
private struct Client {
  let channel = EmbeddedChannel()
  private let taking = Taking()
  private static let call = HTTP2StreamID(1)

  /// Takes what is sent, unless it is told to let data lie.
  private final class Taking: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame
    var isStalled = false
    private var left: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      if isStalled, case .data = unwrapOutboundIn(data).payload {
        if let promise { left.append(promise) }
        return
      }
      context.write(data, promise: promise)
    }

    func goOn() {
      isStalled = false
      for promise in left { promise.succeed() }
      left = []
    }
  }

  init(greets: Bool = true) throws {
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let service = QdrantService(
      state: ServerState(bodyBytesMax: 64 << 20), snapshotFolder: SnapshotFolder(path: ""),
      logger: logger)
    let server = QdrantGRPCServer(
      service, release: GRPCRelease(title: "", version: "", commit: nil),
      settings: .init(host: "", port: 0, messageBytesMax: 32 << 20), logger: logger)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(taking)
    try server.addCalls(to: pipeline)
    channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    if greets { try send(.settings(.settings([]))) }
  }

  var isOpen: Bool { channel.isActive }

  func begin(_ path: String) throws {
    let headers: HPACKHeaders = [
      ":method": "POST", ":path": path, "content-type": "application/grpc",
    ]
    try send(.headers(.init(headers: headers)), on: Self.call)
  }

  func send(_ bytes: [UInt8]) throws {
    try send(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)))), on: Self.call)
  }

  func send(_ payload: HTTP2Frame.FramePayload, on stream: HTTP2StreamID = .rootStream) throws {
    try channel.writeInbound(HTTP2Frame(streamID: stream, payload: payload))
  }

  /// Bytes come that bring no frame to its end.
  func sendPart() { channel.pipeline.fireChannelReadComplete() }

  /// Has the client let answers lie.
  func stall() { taking.isStalled = true }

  /// Has the client take what it let lie, and what follows.
  func takeAll() { taking.goOn() }

  func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

  /// What was sent since it was asked last.
  private func sent() throws -> [HTTP2Frame.FramePayload] {
    var frames: [HTTP2Frame.FramePayload] = []
    while let frame = try channel.readOutbound(as: HTTP2Frame.self) { frames.append(frame.payload) }
    return frames
  }

  /// The status that the call was ended with since that was asked last.
  func status() throws -> String? {
    for case .headers(let block) in try sent() {
      if let status = block.headers.first(name: "grpc-status") { return status }
    }
    return nil
  }

  func wasReset() throws -> Bool {
    try sent().contains { if case .rstStream(.cancel) = $0 { true } else { false } }
  }

  func wasAsked() throws -> Bool {
    try sent().contains { if case .ping(_, ack: false) = $0 { true } else { false } }
  }
}

@Suite struct CallClockTests {
  private static let health = "/qdrant.Qdrant/HealthCheck"
  private static let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
  private static let deadlineExceeded = "4"

  /// Of `patience`.
  @Test func aMessageHasThirtySeconds() throws {
    let client = try Client()
    try client.begin(Self.health)
    client.pass(29)
    #expect(try client.status() == nil)
    client.pass(2)
    #expect(try client.status() == Self.deadlineExceeded)
    #expect(client.isOpen)
  }

  /// As much as `bytesPerSecond`.
  @Test func aMessageHasASecondMoreForWhatComesInOne() throws {
    let client = try Client()
    try client.begin(Self.health)
    try client.send([0] + withUnsafeBytes(of: UInt32(1 << 20).bigEndian) { Array($0) })
    for _ in 0..<12 {
      client.pass(3)
      try client.send([UInt8](repeating: 0, count: 32 << 10))
    }
    client.pass(5)
    #expect(try client.status() == nil, "41 seconds for twelve times 32 KiB")
    client.pass(3)
    #expect(try client.status() == Self.deadlineExceeded)
  }

  /// Within `stalledAnswer`.
  @Test func anAnswerHasToBeTaken() throws {
    let client = try Client()
    client.stall()
    try client.begin(Self.reflection)
    try client.send([0, 0, 0, 0, 2, 0x3a, 0])
    client.pass(29)
    #expect(try !client.wasReset())
    client.pass(2)
    #expect(try client.wasReset())
    #expect(client.isOpen)
  }

  @Test func whoTakesAnAnswerMayBeSlowToAskAgain() throws {
    let client = try Client()
    client.stall()
    try client.begin(Self.reflection)
    try client.send([0, 0, 0, 0, 2, 0x3a, 0])
    client.pass(29)
    client.takeAll()
    client.pass(60)
    #expect(try !client.wasReset())
  }

  /// After `silence` and another `pingPatience`.
  @Test func whoIsSilentIsAskedAndThenCutOff() throws {
    let client = try Client()
    client.pass(119)
    #expect(try !client.wasAsked())
    client.pass(2)
    #expect(try client.wasAsked())
    client.pass(18)
    #expect(client.isOpen)
    client.pass(3)
    #expect(!client.isOpen)
  }

  /// A byte now and then keeps no connection for longer than `framePatience`.
  @Test func aFrameHasToCome() throws {
    let silent = try Client(greets: false)
    let dripping = try Client(greets: false)
    let greeted = try Client()
    greeted.pass(60)
    for _ in 0..<19 {
      for client in [silent, dripping, greeted] { client.pass(1) }
      dripping.sendPart()
      greeted.sendPart()
    }
    #expect(silent.isOpen && dripping.isOpen && greeted.isOpen)
    try greeted.send(.ping(HTTP2PingData(withInteger: 1), ack: false))
    for _ in 0..<5 {
      for client in [silent, dripping, greeted] { client.pass(1) }
      dripping.sendPart()
    }
    #expect(!silent.isOpen && !dripping.isOpen && greeted.isOpen)
    for _ in 0..<19 {
      greeted.sendPart()
      greeted.pass(1)
    }
    #expect(greeted.isOpen)
    greeted.pass(3)
    #expect(!greeted.isOpen)
  }

  @Test func whoAnswersStays() throws {
    let client = try Client()
    for _ in 0..<4 {
      client.pass(121)
      #expect(try client.wasAsked())
      client.pass(15)
      try client.send(.ping(HTTP2PingData(withInteger: 0), ack: true))
    }
    client.pass(60)
    #expect(client.isOpen)
  }
}
