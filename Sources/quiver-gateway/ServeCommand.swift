import ArgumentParser
import Logging
import RAGGateway
import RequestTracing
import ServiceLifecycle
import ServiceProcess
import UnixSignals

/// Serves the gateway's HTTP interface.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve the HTTP interface (the default).")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try options.load()
    settings.logFormat.bootstrap()
    var logger = Logger(label: "quiver-gateway")
    logger.logLevel = settings.logLevel
    for warning in settings.warnings { logger.warning("\(warning)") }
    let tracing = ProcessTracing(
      settings.tracing, version: GatewayRelease.version, passesOn: true, logger: logger)
    let assembly: GatewayAssembly
    let application: GatewayApplication
    do {
      assembly = try GatewayAssembly(settings: settings, logger: logger)
      var parts = assembly.services
      parts.tracer = tracing.tracer
      application = try GatewayApplication(services: parts, settings: settings)
    } catch {
      StandardError.say("\(error)")
      throw SettingsOptions.wrongConfiguration
    }
    logger.info(
      "starting",
      metadata: [
        "address": "\(settings.host):\(settings.port)", "store": "\(settings.shownStoreURL)",
        "collection": "\(settings.store.collection)",
        "embeddings": "\(settings.embedding.provider.rawValue)/\(settings.embedding.model)",
        "language": "\(assembly.services.embedder.language ?? "any")",
        "answers": "\(settings.generation.provider.rawValue)",
        "keys": "\(settings.access.keys.isEmpty ? "none: everybody may do everything" : "needed")",
      ])
    // What comes first is stopped last.
    var services: [any Service] = [application]
    if let exporter = tracing.exporter { services.insert(exporter, at: 0) }
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // Within the ten seconds that a container is given; requests still running then are cancelled.
    configuration.maximumGracefulShutdownDuration = .seconds(8)
    let group = ServiceGroup(configuration: configuration)
    do {
      try await group.run()
    } catch {
      await assembly.shutdown()
      let problem = GatewayApplication.problem(error, host: settings.host, port: settings.port)
      StandardError.write("quiver-gateway: \(problem)\n")
      throw ExitCode.failure
    }
    await assembly.shutdown()
    logger.info("stopped")
  }
}
