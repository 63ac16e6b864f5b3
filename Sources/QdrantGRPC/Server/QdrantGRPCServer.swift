public import Logging
public import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
public import QdrantService
import Synchronization
package import TransportBase

/// Qdrant's API over gRPC, on a port of its own.
public struct QdrantGRPCServer: Sendable {
  /// Where the server listens, and what a client may send.
  public struct Settings: Sendable {
    let host: String
    let port: Int
    let messageBytesMax: Int
    /// Those of the process's connections; `nil` for no bound.
    package var places: ConnectionPlaces?
    let opening: Opening?

    /// Adds to a new connection what stands before HTTP/2, as TLS does. On the connection's event
    /// loop; what it throws ends the connection.
    public typealias Opening =
      @Sendable (ChannelPipeline.SynchronousOperations) throws -> Void

    /// - Parameters:
    ///   - messageBytesMax: bytes of a message; a greater one is refused.
    ///   - opening: what stands before HTTP/2; `nil` for nothing.
    public init(host: String, port: Int, messageBytesMax: Int, opening: Opening? = nil) {
      self.host = host
      self.port = port
      self.messageBytesMax = messageBytesMax
      self.opening = opening
    }
  }

  private let methods: GRPCMethods
  private let settings: Settings
  private let limits: GRPCLimits
  private let state: ServerState
  private let connections = OpenConnections()
  private let logger: Logger

  /// A server that does not listen yet.
  ///
  /// - Parameter release: what health checks tell.
  public init(
    _ service: QdrantService, release: GRPCRelease, settings: Settings,
    logger: Logger
  ) {
    self.methods = GRPCMethods(service, release)
    self.settings = settings
    self.limits = GRPCLimits(messageBytesMax: settings.messageBytesMax)
    self.state = service.state
    self.logger = logger
  }

  /// Serves until ``beginShutdown()``, and answers then what is under way. Cut off by cancellation.
  ///
  /// - Throws: what the system says when the port can't be listened on.
  public func run() async throws {
    let listener = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try open(channel) }
      }
      .bind(host: settings.host, port: settings.port).get()
    connections.listen(on: listener)
    if let address = listener.localAddress {
      logger.info("listening for gRPC", metadata: ["address": "\(address)"])
    }
    await withTaskCancellationHandler {
      try? await listener.closeFuture.get()
      await connections.ended()
    } onCancel: {
      connections.cutOff()
    }
  }

  /// Takes no more calls, and lets those that are under way come to their end.
  public func beginShutdown() { connections.end() }

  /// Makes a connection of a client speak HTTP/2, and gRPC over it.
  private func open(_ channel: any Channel) throws {
    let place = try settings.places?.take(channel)
    let pipeline = channel.pipeline.syncOperations
    try settings.opening?(pipeline)
    let notice = FrameNotice()
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streamsMax),
      HTTP2Setting(parameter: .maxHeaderListSize, value: limits.headersBytesMax),
      HTTP2Setting(parameter: .initialWindowSize, value: limits.callWindow),
      HTTP2Setting(parameter: .maxFrameSize, value: limits.frameBytesMax),
    ]
    // The rules that matter are looked at where headers are read.
    connection.headerBlockValidation = .disabled
    connection.maximumRecentlyResetStreams = limits.controlFramesMax
    connection.controlFrameRateLimit.maximumCount = limits.controlFramesMax
    connection.maximumSequentialEmptyDataFrames = 16
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.streamResetFrameRateLimit.maximumCount = limits.controlFramesMax
    try pipeline.addHandler(
      NIOHTTP2Handler(
        mode: .server, frameDelegate: notice, connectionConfiguration: connection,
        streamConfiguration: stream))
    try addCalls(to: pipeline, notice, place)
    connections.add(channel)
  }

  /// Adds what makes calls of the frames of HTTP/2.
  package func addCalls(to pipeline: ChannelPipeline.SynchronousOperations) throws {
    try addCalls(to: pipeline, FrameNotice(), nil)
  }

  private func addCalls(
    to pipeline: ChannelPipeline.SynchronousOperations, _ notice: FrameNotice,
    _ place: ConnectionPlace?
  ) throws {
    try pipeline.addHandler(GRPCConnection(methods, limits, state, notice, place))
  }
}

/// The connections that are open, and the port that they came by.
private final class OpenConnections: Sendable {
  private struct State {
    var listener: (any Channel)?
    var channels: [ObjectIdentifier: any Channel] = [:]
    var isEnding = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func listen(on listener: any Channel) {
    let isEnding = state.withLock { state in
      state.listener = listener
      return state.isEnding
    }
    if isEnding { listener.close(promise: nil) }
  }

  func add(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    let isEnding = state.withLock { state in
      state.channels[id] = channel
      return state.isEnding
    }
    channel.closeFuture.whenComplete { [self] _ in
      let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
        state.channels[id] = nil
        guard state.channels.isEmpty else { return [] }
        defer { state.waiting = [] }
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }
    if isEnding { channel.close(promise: nil) }
  }

  /// Closes the port, and has the connections end when their calls have.
  func end() {
    let (listener, channels) = close()
    listener?.close(promise: nil)
    for channel in channels {
      channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
  }

  /// Closes the port and the connections.
  func cutOff() {
    let (listener, channels) = close()
    listener?.close(promise: nil)
    for channel in channels { channel.close(promise: nil) }
  }

  private func close() -> ((any Channel)?, [any Channel]) {
    state.withLock { state in
      state.isEnding = true
      return (state.listener, Array(state.channels.values))
    }
  }

  /// Returns when there is no connection left.
  func ended() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.channels.isEmpty { state.waiting.append(continuation) }
        return state.channels.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }
}
