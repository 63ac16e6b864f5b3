import GRPCCore
import GRPCNIOTransportHTTP2Posix
public import Logging
import NIOCore
public import QdrantService

/// Qdrant's API over gRPC, on a port of its own.
public struct QdrantGRPCServer: Sendable {
  /// Where the server listens, and what a client may send.
  public struct Settings: Sendable {
    let host: String
    let port: Int
    let messageBytesMax: Int

    /// - Parameter messageBytesMax: bytes of a message; a greater one is refused.
    public init(host: String, port: Int, messageBytesMax: Int) {
      self.host = host
      self.port = port
      self.messageBytesMax = messageBytesMax
    }
  }

  private typealias Transport = HTTP2ServerTransport.Posix

  private let server: GRPCServer<Transport>
  private let settings: Settings
  private let logger: Logger

  /// A server that does not listen yet.
  ///
  /// - Parameters:
  ///   - keys: what callers' keys permit.
  ///   - release: what health checks tell.
  public init(
    _ service: QdrantService, keys: AccessKeys, release: GRPCRelease, settings: Settings,
    logger: Logger
  ) {
    var methods = GRPCMethods(keys: keys)
    methods.addPoints(service)
    methods.addCollections(service)
    methods.addSnapshots(service)
    methods.addHealth(release)
    methods.addReflection()
    let transport = Transport(
      address: Self.address(of: settings.host, port: settings.port),
      transportSecurity: .plaintext,
      config: .defaults { Self.configure(&$0, settings, service.state.bodies) })
    self.server = GRPCServer(transport: transport, router: methods.router(for: Transport.self))
    self.settings = settings
    self.logger = logger
  }

  /// Where a host listens that may be told by its name, which the transport does not look up.
  private static func address(
    of host: String, port: Int
  ) -> GRPCNIOTransportHTTP2Posix.SocketAddress {
    let known = try? NIOCore.SocketAddress.makeAddressResolvingHost(host, port: port)
    // One that is not known is refused when the server begins to listen.
    let address = known?.ipAddress ?? host
    return address.contains(":")
      ? .ipv6(host: address, port: port) : .ipv4(host: address, port: port)
  }

  private static func configure(
    _ config: inout Transport.Config, _ settings: Settings, _ bodies: ByteBudget
  ) {
    config.rpc.maxRequestPayloadSize = settings.messageBytesMax
    // With less, a large message takes a round trip for each window.
    config.http2.targetWindowSize = 8 << 20
    config.http2.maxFrameSize = 1 << 20
    // Without a number of ours the transport ends a connection with more than a hundred, untold.
    config.http2.maxConcurrentStreams = 1024
    // Clients in Go ping every ten seconds, idle or not, and would be sent away.
    config.connection.keepalive.clientBehavior.allowWithoutCalls = true
    config.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls = .zero
    config.connection.flushCoalescing = nil
    // Some clients pack what they send.
    config.compression.enabledAlgorithms = [.gzip, .deflate]
    config.channelDebuggingCallbacks.onAcceptHTTP2Stream = { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandler(StreamGate(bodies), position: .first)
      }
    }
  }

  /// Serves until ``beginShutdown()``, and answers then what is under way.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      group.addTask {
        let address = try await server.transport.listeningAddress
        logger.info("listening for gRPC", metadata: ["address": "\(address)"])
      }
      try await group.waitForAll()
    }
  }

  /// Takes no more calls, and lets those that are under way come to their end.
  public func beginShutdown() { server.beginGracefulShutdown() }
}
