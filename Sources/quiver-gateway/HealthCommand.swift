import ArgumentParser
import RAGGateway
import ServiceProcess

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
