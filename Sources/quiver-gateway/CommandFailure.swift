import ArgumentParser
import FoundationEssentials
import RAGGateway

/// Ends of the program that are not a success.
enum CommandFailure {
  /// Something is wrong with the settings.
  static let configuration = ExitCode(2)

  /// The settings in the environment; prints what is wrong with them and ends otherwise.
  static func settings() throws -> GatewaySettings {
    do {
      return try GatewaySettings(environment: ProcessInfo.processInfo.environment)
    } catch {
      StandardError.write("\(error)\n")
      throw configuration
    }
  }
}
