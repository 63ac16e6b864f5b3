import ArgumentParser
import FoundationEssentials
import RAGGateway
import ServiceProcess

/// Ends of the program that are not a success.
enum CommandFailure {
  /// Something is wrong with the settings.
  static let configuration = ExitCode(2)

  /// The settings in the environment; prints what is wrong with them and ends otherwise.
  static func settings() throws -> GatewaySettings {
    do {
      let secrets = SettingKey.allCases.filter(\.isSecret).map(\.rawValue)
      return try GatewaySettings(
        environment: SecretFile.resolve(secrets, in: ProcessInfo.processInfo.environment))
    } catch {
      StandardError.write("\(error)\n")
      throw configuration
    }
  }
}
