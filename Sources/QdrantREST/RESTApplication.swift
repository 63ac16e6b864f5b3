import HTTPConnections
public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import OutageLogging
import QdrantAPI
public import QdrantService
import ServiceProcess
public import TransportBase
public import VectorDB

/// Qdrant's REST interface over one database: the routes, and the HTTP server that serves them.
///
/// It holds no state of its own beyond counters; it may be driven without a socket.
public struct RESTApplication: Sendable {
  private let services: RESTServices
  private let commit: String
  /// The places of the process's connections, of all its ports.
  package let places: ConnectionPlaces

  /// A server of an API.
  ///
  /// - Parameter commit: the 40-character commit this build was made from.
  public init(
    _ api: QdrantService, settings: ServerSettings, logger: Logger,
    commit: String = Release.unknownCommit
  ) {
    services = RESTServices(api: api, settings: settings, logger: logger)
    self.commit = commit
    places = ConnectionPlaces(
      countMax: ConnectionLimits().connectionsMax, descriptors: DescriptorLimit.raise(),
      memoryBytes: settings.memoryLimitMB << 20)
  }

  /// A server over a database that is open already.
  public init(database: Database, settings: ServerSettings, logger: Logger) {
    let state = ServerState(bodyBytesMax: settings.maxInflightMB << 20)
    state.serve(database)
    let api = QdrantService(
      state: state, snapshotFolder: settings.snapshotFolder, keys: settings.accessKeys,
      logger: logger)
    self.init(api, settings: settings, logger: logger)
  }

  /// What answers requests, with or without a socket.
  public func responder() -> RESTResponder {
    responder(RouteTable(services: services, commit: commit))
  }

  private func responder(_ table: RouteTable) -> RESTResponder {
    let settings = services.settings
    return RESTResponder(
      table: table,
      api: services.api, metrics: services.metrics, logger: services.logger,
      failures: OutageTopics("request failed", logger: services.logger),
      slowSeconds: settings.slowRequestMilliseconds == 0
        ? .infinity : Double(settings.slowRequestMilliseconds) / 1000,
      allowsOrigins: settings.enableCORS,
      forwarding: services.api.state.replication.map {
        ChangeForwarding(replication: $0, bodies: services.bodies)
      })
  }

  /// Every route, as its method and its path with the names of parameters in braces.
  package var routes: [String] {
    RouteTable(services: services, commit: commit).routes.map {
      "\($0.method.rawValue) \($0.template)"
    }
  }

  /// What becomes of each of the routes at a server that follows another one.
  package var followerParts: [String: FollowerPart] {
    let table = RouteTable(services: services, commit: commit)
    return Dictionary(
      uniqueKeysWithValues: table.routes.map {
        ("\($0.method.rawValue) \($0.template)", $0.action.atFollower)
      })
  }

  /// The HTTP server; run it in a service group.
  ///
  /// - Parameters:
  ///   - certificate: the certificate of a server that speaks TLS; `nil` for one that does not.
  ///   - onListening: told the port once connections are accepted.
  public func application(
    certificate: ServerCertificate? = nil,
    onListening: @escaping @Sendable (Int?) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    server(
      responder(), port: services.settings.httpPort, certificate: certificate,
      onListening: onListening)
  }

  /// A server of the figures alone, on a port of its own, which asks for no key.
  public func metricsApplication(port: Int) -> some ApplicationProtocol {
    let service = ServiceController(services: services, commit: commit)
    let table = RouteTable([Route(.get, "/metrics", .healthCheck, service.metrics)])
    return server(responder(table), port: port, certificate: nil, onListening: { _ in })
  }

  private func server(
    _ responder: RESTResponder, port: Int, certificate: ServerCertificate?,
    onListening: @escaping @Sendable (Int?) async -> Void
  ) -> some ApplicationProtocol {
    // The library announces its own start and complains when ours fails, both of which are told
    // once and better elsewhere; it speaks only when details are asked for. What it would say of
    // each request it also writes up where nothing is said, so that it gets a log of its own.
    let isTold = services.logger.logLevel < .info
    let logger =
      isTold ? services.logger : Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }
    let refusal = RefusalForm(isForEveryPage: services.settings.enableCORS) {
      ResponseEnvelope.error(text: $0, seconds: 0)
    }
    return Application(
      responder: responder,
      server: HTTPServerBuilder { responder in
        let plain = LoopBoundChannel(
          responder: responder, limits: ConnectionLimits(), places: places, refusal: refusal)
        guard let certificate else { return plain }
        return SecureChannel(plain: plain, certificate: certificate)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(services.settings.host, port: port)),
      onServerRunning: { channel in await onListening(channel.localAddress?.port) },
      logger: logger)
  }
}
