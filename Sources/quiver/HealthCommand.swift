import ArgumentParser
import HTTPTransfer
import QdrantREST
import ServiceProcess

/// Asks a running server whether it is ready; made for the health check of a container.
struct HealthCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Exit 0 when the server on the configured port is ready, or another.")

  @OptionGroup var options: SettingsOptions

  @Option(name: .long, help: "The server to ask, instead of that of this machine's settings.")
  var url: String?

  @Option(name: .long, help: RemoteOptions.caHelp)
  var ca: String?

  @Option(name: .long, help: "Seconds to wait for the answer.")
  var timeout = 3

  func run() async throws {
    let settings = try options.load().settings
    var url = url ?? settings.localURL
    while url.hasSuffix("/") { url.removeLast() }
    let ownTrust = self.url == nil && ca == nil ? settings.ownTrust : nil
    let client = HTTPClient(trust: ownTrust ?? HTTPTrust(authorities: ca))
    defer { client.shutdown() }
    let request = HTTPRequest(
      url: url + "/readyz", timeoutSeconds: Double(max(1, timeout)), maximumResponseBytes: 1 << 20)
    let status: Int
    do {
      status = try await client.send(request).status
    } catch {
      StandardError.say("no answer from \(url): \(error)")
      throw ServerExit.failure
    }
    if status != 200 {
      StandardError.say("not ready: HTTP \(status)")
      throw ServerExit.failure
    }
    print("ready")
  }
}
