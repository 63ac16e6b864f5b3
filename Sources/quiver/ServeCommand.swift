import ArgumentParser
import Logging
import QdrantREST
import ServiceProcess

/// Runs the server until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the server (the default).")

  @OptionGroup var options: SettingsOptions

  @Option(
    name: .long,
    help: "A snapshot of a whole server to begin with; the data directory must be empty.")
  var snapshot: String?

  func run() async throws {
    HeapSettings.apply()
    let (settings, warnings) = try options.load()
    settings.logFormat.bootstrap()
    var logger = Logger(label: "quiver")
    logger.logLevel = settings.logLevel
    for warning in warnings { logger.warning("\(warning)") }
    let server = Server(
      settings: settings, snapshot: snapshot, logger: logger,
      commit: ProcessEnvironment.variables["QUIVER_COMMIT"] ?? Release.unknownCommit)
    do {
      try await server.run()
    } catch {
      logger.critical("\(Server.explain(error))")
      throw ServerExit.code(for: error)
    }
  }
}
