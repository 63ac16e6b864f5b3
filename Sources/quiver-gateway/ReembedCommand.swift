import ArgumentParser
import Logging
import RAGGateway
import ServiceProcess

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
