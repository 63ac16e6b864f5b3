import ArgumentParser
import RAGGateway

/// Commands about the settings.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Commands about the settings.",
    subcommands: [CheckCommand.self])

  /// Checks the settings and prints the effective set.
  struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Check the settings and print them, secrets masked.")

    @OptionGroup var options: SettingsOptions

    func run() throws {
      print(try options.load().description)
    }
  }
}
