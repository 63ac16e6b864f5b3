import Logging
import NIOCore
import QdrantGRPC
import QdrantREST
import QdrantService
import ServiceLifecycle
import TransportBase

/// Serves gRPC for as long as the process does.
///
/// It is described by its name alone: what runs it writes descriptions to the log.
struct GRPCService: Service, CustomStringConvertible {
  let server: QdrantGRPCServer
  let settings: ServerSettings
  let logger: Logger

  /// A server on `port`, of the same rights and limits as the REST API.
  init(
    _ service: QdrantService, port: Int, settings: ServerSettings, places: ConnectionPlaces,
    certificate: ServerCertificate?, commit: String, logger: Logger
  ) {
    var opening: QdrantGRPCServer.Settings.Opening?
    if let certificate { opening = { try certificate.addHandler(to: $0) } }
    var listening = QdrantGRPCServer.Settings(
      host: settings.host, port: port, messageBytesMax: settings.maxRequestSizeMB << 20,
      opening: opening)
    listening.places = places
    server = QdrantGRPCServer(
      service,
      release: GRPCRelease(
        title: Release.title, version: Release.contractVersion, commit: commit),
      settings: listening,
      logger: logger)
    self.settings = settings
    self.logger = logger
  }

  var description: String { "gRPC" }

  func run() async throws {
    do {
      try await withGracefulShutdownHandler {
        try await server.run()
      } onGracefulShutdown: {
        server.beginShutdown()
      }
    } catch {
      if settings.needsGRPCPort { throw error }
      // Nobody asked for it: a second server of a machine does without.
      logger.warning("no gRPC: its port can't be used", metadata: ["reason": "\(error)"])
      try await gracefulShutdown()
    }
  }
}
