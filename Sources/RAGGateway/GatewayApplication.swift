import FastJSON
import Glibc
import HTTPConnections
import Hummingbird
package import HummingbirdCore
public import Logging
import NIOCore
import NIOHTTPTypes
public import PointModel
public import RequestTracing
public import ServiceLifecycle
import ServiceProcess
package import TransportBase

/// The gateway as a service: serves its routes until it is told to stop.
public struct GatewayApplication: Service {
  private let services: GatewayServices
  private let host: String
  private let port: Int
  private let certificate: ServerCertificate?
  private let certificateAge: Duration

  /// A gateway that listens where its settings say, over TLS when they name a certificate.
  ///
  /// - Throws: `GatewayStartError` when the certificate can't be used.
  public init(
    services: GatewayServices, settings: GatewaySettings
  ) throws(GatewayStartError) {
    self.services = services
    host = settings.host
    port = settings.port
    certificateAge = settings.access.certificateAge
    certificate = try Self.certificate(settings)
  }

  /// Reads the certificate; `nil` without TLS.
  static func certificate(
    _ settings: GatewaySettings
  ) throws(GatewayStartError) -> ServerCertificate? {
    guard let files = settings.access.certificate else { return nil }
    do {
      return try ServerCertificate(files, protocols: ["http/1.1"])
    } catch {
      throw GatewayStartError("TLS can't be spoken: \(error)")
    }
  }

  /// Serves until a graceful shutdown: then no new connections, running requests are finished.
  public func run() async throws {
    let application = Application(
      router: GatewayRouter.make(services),
      server: Self.server(services.limits, origins: services.origins, certificate: certificate),
      configuration: .init(address: .hostname(host, port: port), serverName: "quiver-gateway"),
      logger: services.logger)
    guard let certificate else { return try await application.run() }
    let renewal = CertificateRenewal(
      [certificate], every: certificateAge, logger: services.logger)
    try await withThrowingTaskGroup { group in
      group.addTask { try await application.run() }
      group.addTask { try await renewal.run() }
      // Whichever ends takes the other with it.
      try await group.next()
      group.cancelAll()
    }
  }

  /// What listens and speaks HTTP/1.1, over TLS with a certificate.
  package static func server(
    _ limits: GatewayLimits, origins: AllowedOrigins = .init(),
    certificate: ServerCertificate? = nil
  ) -> HTTPServerBuilder {
    var connection = limits.connection
    connection.idle = TimeAmount(limits.idleConnection)
    let places = ConnectionPlaces(
      countMax: connection.connectionsMax, descriptors: DescriptorLimit.raise())
    let refusal = RefusalForm(isForEveryPage: origins.areAll) {
      JSONValue.object(["detail": .string($0)]).serialized()
    }
    return HTTPServerBuilder { [connection] responder in
      let plain = GuardedChannel(
        responder: responder, limits: connection, places: places, refusal: refusal)
      guard let certificate else { return plain }
      return SecureChannel(plain: plain, certificate: certificate)
    }
  }

  /// A failure to serve, in words that name what is in the way.
  public static func problem(_ error: any Error, host: String, port: Int) -> String {
    guard let failure = error as? IOError else { return "\(error)" }
    return switch failure.errnoCode {
    case EADDRINUSE: "port \(port) of \(host) is taken by another program; set APP_PORT"
    case EACCES: "port \(port) may not be used by this user; set APP_PORT"
    case EADDRNOTAVAIL: "\(host) is no address of this machine; set APP_HOST"
    default: "can't listen on \(host):\(port): \(failure)"
    }
  }
}

/// The gateway's release.
public enum GatewayRelease {
  /// As `--version` says it.
  public static let version = "0.1.0"
}

/// Everything a gateway is made of; tests put their own parts in.
public struct GatewayServices: Sendable {
  /// Makes the vectors.
  public var embedder: any Embedder
  /// Keeps the chunks.
  public var store: any VectorStore
  /// Writes the answers.
  public var generator: any AnswerGenerator
  /// The distance of a collection that has to be made.
  public var distance: Distance
  /// Chunks retrieved for a question.
  public var retrieved: Int
  /// Least similarity of a retrieved chunk; `nil` leaves it to the embedding model.
  public var threshold: Float?
  /// Orders what was found anew; `nil` leaves it as it is.
  public var reranker: (any Reranker)?
  /// Who may do what; none lets everybody do everything.
  public var keys: AccessKeys
  /// Whose pages may call from a browser.
  public var origins: AllowedOrigins
  /// Bounds on requests and replies.
  public var limits: GatewayLimits
  /// What is counted for `/metrics`; the models count there as well.
  public var figures: GatewayFigures
  /// Makes the spans of requests.
  public var tracer = RequestTracer.off
  /// Where failures are logged.
  public var logger: Logger

  /// The parts, with defaults for the rest.
  public init(
    embedder: any Embedder, store: any VectorStore, generator: any AnswerGenerator,
    distance: Distance = .cosine, retrieved: Int = 5, threshold: Float? = nil,
    reranker: (any Reranker)? = nil, keys: AccessKeys = .init(),
    origins: AllowedOrigins = .init(), limits: GatewayLimits = .init(),
    figures: GatewayFigures = .init(), logger: Logger
  ) {
    self.embedder = embedder
    self.store = store
    self.generator = generator
    self.distance = distance
    self.retrieved = retrieved
    self.threshold = threshold
    self.reranker = reranker
    self.keys = keys
    self.origins = origins
    self.limits = limits
    self.figures = figures
    self.logger = logger
  }
}

/// HTTP/1.1 on a connection whose client has to send in time, and to take what it is answered.
struct GuardedChannel: HTTPChannelHandler {
  let responder: Responder
  let limits: ConnectionLimits
  let places: ConnectionPlaces
  let refusal: RefusalForm

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<GuardedPipeline.Stream> {
    channel.eventLoop.makeCompletedFuture { try open(channel, places.take(channel)) }
  }

  /// Makes a connection speak HTTP/1.1. On its event loop.
  func open(_ channel: any Channel, _ place: ConnectionPlace) throws -> GuardedPipeline.Stream {
    PeerWatch.begin(channel, limits)
    return try GuardedPipeline.open(channel, place, limits: limits, refusal: refusal)
  }

  func handle(value: GuardedPipeline.Stream, logger: Logger) async {
    await handleHTTP(asyncChannel: value, logger: logger)
  }
}

/// HTTP/1.1 over TLS.
struct SecureChannel: HTTPChannelHandler {
  let plain: GuardedChannel
  let certificate: ServerCertificate

  var responder: Responder { plain.responder }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<GuardedPipeline.Stream> {
    channel.eventLoop.makeCompletedFuture {
      let place = try plain.places.take(channel)
      try certificate.addHandler(to: channel.pipeline.syncOperations)
      return try plain.open(channel, place)
    }
  }

  func handle(value: GuardedPipeline.Stream, logger: Logger) async {
    await plain.handle(value: value, logger: logger)
  }
}
