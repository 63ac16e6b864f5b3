import ArgumentParser
import RAGGateway

/// The command line of the gateway.
@main
struct GatewayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quiver-gateway",
    abstract: "Answers questions from your documents, which it keeps in quiver.",
    discussion: "Settings are environment variables; `config check` lists them.",
    version: "quiver-gateway \(GatewayRelease.version)",
    subcommands: [
      ServeCommand.self, IngestCommand.self, AskCommand.self, ChatCommand.self,
      ReembedCommand.self, HealthCommand.self, ConfigCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)
}
