import ArgumentParser
import QdrantREST

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Asks a running server whether it is ready; made for the health check of a container.
struct HealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Exit 0 when the server on the configured port is ready.")

  @OptionGroup var options: SettingsOptions

  @Option(name: .long, help: "Seconds to wait for the answer.")
  var timeout = 3

  func run() throws {
    let settings: ServerSettings
    do {
      settings = try options.load().settings
    } catch {
      StandardError.say("quiver: \(error)")
      throw ServerExit.configuration
    }
    let host =
      switch settings.host {
      case "0.0.0.0", "": "127.0.0.1"
      case "::", "[::]": "::1"
      default: settings.host
      }
    let status = ReadinessProbe(
      host: host, port: settings.httpPort, timeoutSeconds: max(1, timeout)
    ).status()
    guard let status else {
      StandardError.say("no answer from \(host):\(settings.httpPort)")
      throw ServerExit.failure
    }
    if status != 200 {
      StandardError.say("not ready: HTTP \(status)")
      throw ServerExit.failure
    }
    print("ready")
  }
}
