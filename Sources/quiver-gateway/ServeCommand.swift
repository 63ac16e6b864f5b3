import ArgumentParser
import Logging
import RAGGateway
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
    let assembly: GatewayAssembly
    let application: GatewayApplication
    do {
      assembly = try GatewayAssembly(settings: settings, logger: logger)
      application = try GatewayApplication(services: assembly.services, settings: settings)
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
        "answers": "\(settings.generation.provider.rawValue)",
        "keys": "\(settings.access.keys.isEmpty ? "none: everybody may do everything" : "needed")",
      ])
    var configuration = ServiceGroupConfiguration(
      services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
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
