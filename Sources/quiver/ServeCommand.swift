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
    let outcome: SettingsLoader.Outcome
    do {
      outcome = try options.load()
    } catch {
      StandardError.say("quiver: \(error)")
      throw ServerExit.configuration
    }
    outcome.settings.logFormat.bootstrap()
    var logger = Logger(label: "quiver")
    logger.logLevel = outcome.settings.logLevel
    for warning in outcome.warnings { logger.warning("\(warning)") }
    let environment = SettingsOptions.environment()
    let server = Server(
      settings: outcome.settings, snapshot: snapshot, logger: logger,
      commit: environment["QUIVER_COMMIT"] ?? Release.unknownCommit)
    do {
      try await server.run()
    } catch {
      logger.critical("\(Server.explain(error, outcome.settings))")
      throw ServerExit.code(for: error)
    }
  }
}
