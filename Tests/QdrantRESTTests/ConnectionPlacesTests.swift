import HTTPConnections
import NIOCore
import NIOEmbedded
import Testing
import TransportBase

/// Who has to go when all places for connections are taken.
@Suite struct ConnectionPlacesTests {
  /// Connections to places that they take one after another, a second apart.
  private struct Clients {
    let places: ConnectionPlaces
    var channels: [EmbeddedChannel] = []
    var held: [ConnectionPlace] = []

    init(_ countMax: Int) { places = ConnectionPlaces(countMax: countMax) }

    var isOpen: [Bool] { channels.map(\.isActive) }

    mutating func connect() throws {
      pass(1)
      let channel = EmbeddedChannel()
      // Clocks of channels without a loop in common go apart otherwise.
      channel.embeddedEventLoop.advanceTime(to: now)
      channels.append(channel)
      held.append(try places.take(channel))
      channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
      run()
    }

    private var now: NIODeadline {
      channels.last?.embeddedEventLoop.now ?? .uptimeNanoseconds(1)
    }

    func pass(_ seconds: Int64) {
      for channel in channels { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }
    }

    func run() {
      for channel in channels { channel.embeddedEventLoop.run() }
    }
  }

  @Test func theIdlestGoesForANewOne() throws {
    var clients = Clients(3)
    for _ in 0..<3 { try clients.connect() }
    #expect(clients.isOpen == [true, true, true])
    // The first has had a request since: it has been idle for a shorter time than the second.
    clients.held[0].begin()
    clients.pass(1)
    clients.held[0].end()
    try clients.connect()
    #expect(clients.isOpen == [true, false, true, true])
    #expect(clients.places.count == 3)
  }

  @Test func whoIsAtWorkStays() throws {
    var clients = Clients(2)
    for _ in 0..<2 { try clients.connect() }
    for place in clients.held { place.begin() }
    try clients.connect()
    #expect(clients.isOpen == [true, true, false])
    clients.held[1].end()
    try clients.connect()
    #expect(clients.isOpen == [true, false, false, true])
    #expect(clients.places.count == 2)
  }

  /// Whoever sends slowly has it before those at work, and after the idle.
  @Test func whatIsOnItsWayGoesBehindTheIdle() throws {
    var clients = Clients(3)
    for _ in 0..<3 { try clients.connect() }
    clients.held[0].expect()
    clients.held[1].expect()
    clients.held[1].begin()
    try clients.connect()
    #expect(clients.isOpen == [true, true, false, true])
    clients.held[3].begin()
    try clients.connect()
    #expect(clients.isOpen == [false, true, false, true, true])
  }

  /// One that is at work is not, once only what has not come is left; and further requests that
  /// begin to come make it none that came later.
  @Test func onlyWhatHasComeAsAWholeKeepsAPlace() throws {
    var clients = Clients(2)
    for _ in 0..<2 { try clients.connect() }
    clients.held[0].tell(requests: 1, complete: 1)
    clients.held[1].tell(requests: 2, complete: 1)
    try clients.connect()
    #expect(clients.isOpen == [true, true, false])
    clients.held[1].tell(requests: 1, complete: 0)
    clients.pass(1)
    clients.held[0].tell(requests: 1, complete: 0)
    clients.pass(1)
    clients.held[1].tell(requests: 2, complete: 0)
    try clients.connect()
    #expect(clients.isOpen == [true, false, false, true])
  }

  @Test func aPlaceIsFreeWhenItsConnectionHasEnded() throws {
    var clients = Clients(2)
    for _ in 0..<2 { try clients.connect() }
    _ = try clients.channels[0].finish()
    clients.run()
    #expect(clients.places.count == 1)
    try clients.connect()
    #expect(clients.isOpen == [false, true, true])
  }

  @Test func severalGoWhereThereAreMany() throws {
    var clients = Clients(256)
    for _ in 0..<257 { try clients.connect() }
    #expect(clients.isOpen.prefix(5) == [false, false, false, false, true])
    #expect(clients.places.count == 253)
  }

  @Test func aServerHasSoManyPlaces() throws {
    let most = ConnectionLimits().connectionsMax
    let places = ConnectionPlaces(countMax: most, descriptors: .max)
    let channels = (0...most).map { _ in EmbeddedChannel() }
    let held = try channels.dropLast().map { try places.take($0) }
    #expect(places.count == most)
    let last = try places.take(channels[most])
    #expect(places.count == most - most / 64 + 1)
    withExtendedLifetime((held, last)) {}
  }

  /// What would say good-bye first, as TLS does, is passed over.
  @Test func theEndWaitsForNoHandler() throws {
    final class Lingering: ChannelOutboundHandler {
      typealias OutboundIn = NIOAny

      func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
      ) {}
    }
    var clients = Clients(1)
    try clients.connect()
    try clients.channels[0].pipeline.syncOperations.addHandler(Lingering())
    try clients.connect()
    #expect(clients.isOpen == [false, true])
  }

  @Test func descriptorsAndMemoryBoundThem() {
    func countMax(_ descriptors: Int, _ megabytes: Int) -> Int {
      ConnectionPlaces(
        countMax: ConnectionLimits().connectionsMax, descriptors: descriptors,
        memoryBytes: megabytes << 20
      ).countMax
    }
    #expect(countMax(65_536, 0) == 10_000)
    #expect(countMax(1024, 0) == 512)
    #expect(countMax(65_536, 96) == 1365)
    #expect(countMax(0, 0) == 1)
  }
}
