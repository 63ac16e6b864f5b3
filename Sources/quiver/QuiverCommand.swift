import ArgumentParser
import QdrantREST
import ServiceProcess

/// The command line of the vector database server.
@main
struct QuiverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quiver",
    abstract: "A vector search engine that speaks Qdrant's REST interface.",
    version: "quiver \(Release.version) (Qdrant contract \(Release.contractVersion))",
    subcommands: [
      ServeCommand.self, HealthCommand.self, ImportCommand.self, ExportCommand.self,
      MigrateCommand.self, RepairCommand.self, RestoreCommand.self, StoreCheckCommand.self,
      TokenCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)

  /// Like the library's entry point, with 2 as the exit code of a wrong command line: to whoever
  /// starts the server that is a wrong configuration like any other.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      let text = fullMessage(for: error)
      switch exitCode(for: error) {
      case .success:
        if !text.isEmpty { print(text) }
        exit(withError: ExitCode.success)
      case .validationFailure:
        StandardError.say(text)
        exit(withError: ServerExit.configuration)
      case let code:
        if !(error is ExitCode) { StandardError.say(text) }
        exit(withError: code)
      }
    }
  }
}
