import ArgumentParser
import RAGGateway
import ServiceProcess

/// The option that configures the gateway beside its environment.
struct SettingsOptions: ParsableArguments {
  /// The exit code of a configuration that can't be used.
  static let wrongConfiguration = ExitCode(2)

  @Option(name: .long, help: "A YAML configuration file; the environment wins over it.")
  var config: String?

  /// The settings from all sources. Says what is wrong with them and ends the process otherwise.
  func load() throws(ExitCode) -> GatewaySettings {
    do throws(SettingsError) {
      return try GatewaySettings(.process(config: config))
    } catch {
      StandardError.say("\(error)")
      throw Self.wrongConfiguration
    }
  }
}
