import ArgumentParser
import RAGGateway
import ServiceProcess

/// Commands about the settings.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Commands about the settings.",
    subcommands: [CheckCommand.self])

  /// Checks the settings and prints the effective set.
  struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Check the settings, the model and the prompt, and print the settings masked.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
      let settings = try options.load()
      print(settings.description)
      do {
        try await GatewayAssembly.check(settings)
      } catch {
        StandardError.say("\(error)")
        throw SettingsOptions.wrongConfiguration
      }
    }
  }
}
