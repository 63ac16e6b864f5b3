import Hummingbird
import HummingbirdCore
import NIOCore
public import ServiceLifecycle

/// The gateway as a service: serves its routes until it is told to stop.
public struct GatewayApplication: Service {
  private let services: GatewayServices
  private let host: String
  private let port: Int

  /// A gateway that listens on `host` and `port`.
  public init(services: GatewayServices, host: String, port: Int) {
    self.services = services
    self.host = host
    self.port = port
  }

  /// Serves until a graceful shutdown: then no new connections, running requests are finished.
  public func run() async throws {
    let idle = TimeAmount.seconds(services.limits.idleConnection.components.seconds)
    let application = Application(
      router: GatewayRouter.make(services),
      server: .http1(configuration: .init(idleTimeout: idle)),
      configuration: .init(address: .hostname(host, port: port), serverName: "quiver-gateway"),
      logger: services.logger)
    try await application.run()
  }
}
