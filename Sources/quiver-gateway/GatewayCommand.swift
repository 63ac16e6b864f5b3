import ArgumentParser
import Logging
import RAGGateway
import ServiceProcess

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

/// Asks a running gateway whether it is ready, as a container's health check does.
struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Ask a running gateway whether it is ready.")

  @OptionGroup var options: SettingsOptions

  @Option(help: "Address of the gateway; the default follows APP_PORT.")
  var url: String?

  func run() async throws {
    let address =
      if let url { GatewayAddress(url: url) } else { GatewayAddress(try options.load()) }
    let health = await HealthRequest.send(to: address)
    if health.isReady {
      print(health.text)
    } else {
      StandardError.write("\(health.text)\n")
      throw ExitCode.failure
    }
  }
}

/// Embeds what an older version stored anew.
struct ReembedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reembed",
    abstract: "Embed what an older version stored anew, so that it is found better.",
    discussion: "Stop the gateway meanwhile. A run that broke off is simply started again.")

  @OptionGroup var options: SettingsOptions

  func run() async throws {
    let settings = try options.load()
    var logger = Logger(label: "quiver-gateway")
    logger.logLevel = .warning
    do {
      let done = try await ReembedRun.run(settings, logger: logger) { StandardError.write($0) }
      print(done == 0 ? "nothing to do" : "\(done) chunks embedded")
    } catch {
      StandardError.say("\(error)")
      throw ExitCode.failure
    }
  }
}
