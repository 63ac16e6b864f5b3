import ArgumentParser

/// The command line of the gateway.
@main
struct GatewayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quiver-gateway",
    abstract: "Answers questions from your documents, which it keeps in quiver.",
    discussion: "Settings are environment variables; `config check` lists them.",
    subcommands: [
      ServeCommand.self, IngestCommand.self, HealthCommand.self, ConfigCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)
}
