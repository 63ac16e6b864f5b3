public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import VectorDB

/// Qdrant's REST interface over one database: the routes, and the HTTP server that serves them.
///
/// The router holds no state of its own beyond counters; it may be driven without a socket.
public struct RESTApplication: Sendable {
  private let services: RESTServices
  private let commit: String

  /// A server that learns of its database through `state`.
  ///
  /// - Parameter commit: the 40-character commit this build was made from.
  public init(
    state: ServerState, settings: ServerSettings, logger: Logger,
    commit: String = Release.unknownCommit
  ) {
    services = RESTServices(state: state, settings: settings, logger: logger)
    self.commit = commit
  }

  /// A server over a database that is open already.
  public init(database: Database, settings: ServerSettings, logger: Logger) {
    self.init(state: ServerState(database: database), settings: settings, logger: logger)
  }

  /// All routes behind the packing of answers, the envelope and the check of keys.
  public func router() -> Router<RESTContext> {
    let router = Router(context: RESTContext.self)
    let settings = services.settings
    router.add(middleware: PackingMiddleware())
    router.add(
      middleware: EnvelopeMiddleware(
        metrics: services.metrics, logger: services.logger,
        slowSeconds: settings.slowRequestMilliseconds == 0
          ? .infinity : Double(settings.slowRequestMilliseconds) / 1000))
    router.add(
      middleware: AuthenticationMiddleware(
        keys: AccessKeys(full: settings.apiKey, readOnly: settings.readOnlyAPIKey)))
    ServiceController(services: services, commit: commit).addRoutes(to: router)
    CollectionsController(services: services).addRoutes(to: router)
    AliasesController(services: services).addRoutes(to: router)
    PayloadIndexController(services: services).addRoutes(to: router)
    PointsController(services: services).addRoutes(to: router)
    UpdatesController(services: services).addRoutes(to: router)
    QueryController(services: services).addRoutes(to: router)
    SnapshotsController(services: services).addRoutes(to: router)
    UnsupportedController().addRoutes(to: router)
    return router
  }

  /// The HTTP server; run it in a service group.
  ///
  /// - Parameter onListening: told the port once connections are accepted.
  public func application(
    onListening: @escaping @Sendable (Int?) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    let settings = services.settings
    // The library announces its own start and complains when ours fails, both of which are told
    // once and better elsewhere; it speaks only when details are asked for.
    var logger = services.logger
    if logger.logLevel >= .info { logger.logLevel = .critical }
    return Application(
      router: router(),
      server: HTTPServerBuilder { responder in
        LoopBoundChannel(responder: responder, limits: ConnectionLimits())
      },
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.httpPort)),
      onServerRunning: { channel in await onListening(channel.localAddress?.port) },
      logger: logger)
  }
}
