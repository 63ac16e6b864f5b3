import ArgumentParser
import QdrantREST
import ServiceProcess

/// The options that configure the server. Keys are not among them: a command line is visible to
/// every user of the machine.
struct SettingsOptions: ParsableArguments {
  @Option(
    name: [.customLong("config"), .customLong("config-path")],
    help: "A YAML configuration file; one for Qdrant will do.")
  var config: String?

  @Option(name: .long, help: "The address to listen on.")
  var host: String?

  @Option(name: .long, help: "The REST port.")
  var httpPort: String?

  @Option(name: .long, help: "The data directory.")
  var storagePath: String?

  @Option(name: .long, help: "The directory of snapshots.")
  var snapshotsPath: String?

  @Option(name: .long, help: "When writes reach the disk: `sync` or `interval:<ms>`.")
  var durability: String?

  @Option(name: .long, help: "Threads that searches run on; 0 means one a core.")
  var searchThreads: String?

  @Option(name: .long, help: "trace, debug, info, warn, error or off.")
  var logLevel: String?

  @Option(name: .long, help: "How messages are written: `text` or `json`.")
  var logFormat: String?

  /// The settings from all sources, and what the user should be told about them. Says what is
  /// wrong with them and ends the process otherwise.
  func load() throws(ExitCode) -> (settings: ServerSettings, warnings: [String]) {
    var commandLine: [SettingKey: String] = [:]
    commandLine[.host] = host
    commandLine[.httpPort] = httpPort
    commandLine[.storagePath] = storagePath
    commandLine[.snapshotsPath] = snapshotsPath
    commandLine[.durability] = durability
    commandLine[.searchThreads] = searchThreads
    commandLine[.logLevel] = logLevel
    commandLine[.logFormat] = logFormat
    do throws(SettingsError) {
      return try ServerSettings.load(.process(config: config, commandLine: commandLine))
    } catch {
      for problem in error.problems { StandardError.say("quiver: \(problem)") }
      throw ServerExit.configuration
    }
  }
}
