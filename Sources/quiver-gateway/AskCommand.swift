import ArgumentParser
import Foundation
import RAGGateway
import ServiceProcess

/// Where a running gateway is, and the key that it asks for.
struct GatewayOptions: ParsableArguments {
  @OptionGroup var settings: SettingsOptions

  @Option(help: "Address of the gateway; the default follows APP_PORT.")
  var url: String?

  @Option(
    help: "Key of a gateway that asks for one; safer in the variable QUIVER_GATEWAY_KEY.")
  var key: String?

  @Option(help: "A file of certificates to trust beside those of the system.")
  var ca: String?

  /// Where the gateway is.
  func address() throws -> GatewayAddress {
    let secret = key ?? ProcessInfo.processInfo.environment["QUIVER_GATEWAY_KEY"]
    if let url { return GatewayAddress(url: url, key: secret, authorities: ca) }
    let settings = try settings.load()
    if let ca { return GatewayAddress(url: settings.localURL, key: secret, authorities: ca) }
    return GatewayAddress(settings, key: secret)
  }
}

/// Asks one question.
struct AskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask", abstract: "Ask a running gateway a question; the answer is streamed.")

  @Argument(help: "The question.")
  var question: [String]

  @Option(name: .customShort("k"), help: "Passages to answer from.")
  var limit: Int?

  @OptionGroup var gateway: GatewayOptions

  func run() async throws {
    let run = QuestionRun(try gateway.address()) {
      FileHandle.standardOutput.write(Data($0.utf8))
    }
    defer { run.shutdown() }
    do {
      try await run.ask(question.joined(separator: " "), limit: limit)
    } catch {
      StandardError.write("\(error)\n")
      throw ExitCode.failure
    }
  }
}

/// Asks one question after another; each may lean on those before it.
struct ChatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Ask a running gateway questions, line by line.")

  @OptionGroup var gateway: GatewayOptions

  func run() async throws {
    let run = QuestionRun(try gateway.address()) {
      FileHandle.standardOutput.write(Data($0.utf8))
    }
    defer { run.shutdown() }
    while true {
      StandardError.write("> ")
      guard let line = readLine() else { break }
      let question = line.trimmingCharacters(in: .whitespaces)
      if question.isEmpty { continue }
      do {
        try await run.ask(question)
      } catch {
        StandardError.write("\(error)\n")
      }
    }
    StandardError.write("\n")
  }
}
