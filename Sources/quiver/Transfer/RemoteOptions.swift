import ArgumentParser
import DataTransfer
import HTTPTransfer
import QdrantClient
import QdrantREST
import ServiceProcess

/// Where a server is and which key it wants, for commands that move points.
///
/// Keys come from the environment only: a command line is visible to every user of the machine.
enum RemoteOptions {
  /// What the option for a certificate authority does.
  static let caHelp: ArgumentHelp =
    "A file of certificates in PEM to trust beside those of the system."

  /// A client that trusts the certificates in the file `ca`, too.
  ///
  /// - Parameter urls: the servers; `nil` stands for that of this machine, whose own certificate is
  ///   trusted where no file is given.
  static func client(_ ca: String?, asking urls: [String?]) -> HTTPClient {
    if ca == nil, urls == [nil], let settings = try? ServerSettings.load(.process()).settings {
      return HTTPClient(trust: settings.ownTrust)
    }
    return HTTPClient(trust: HTTPTrust(authorities: ca))
  }

  /// The server at `url`, or the one that the settings of this machine describe.
  ///
  /// - Parameter variable: the environment variable with the key; its name with `_FILE` behind it
  ///   names a file that holds the key.
  static func server(
    _ url: String?, keyIn variable: String, client: HTTPClient
  ) throws -> QdrantServer {
    var key: String?
    do {
      key = try SecretFile.resolve([variable], in: ProcessEnvironment.variables)[variable]
      if key?.isEmpty == true { key = nil }
      if let url { return QdrantServer.patient(url: url, key: key, client: client) }
      let settings = try ServerSettings.load(.process()).settings
      if key == nil { key = settings.apiKey }
      return QdrantServer.patient(url: settings.localURL, key: key, client: client)
    } catch {
      StandardError.say("quiver: \(error)")
      throw ServerExit.configuration
    }
  }

  /// Runs a transfer, prints what it says, and ends with 1 when it fails.
  static func run(
    _ client: HTTPClient, _ transfer: (ProgressBar) async throws(TransferError) -> String
  ) async throws {
    defer { client.shutdown() }
    let progress = ProgressBar(isTerminal: StandardError.isTerminal) { StandardError.write($0) }
    do {
      print(try await transfer(progress))
    } catch {
      StandardError.say("quiver: \(error)")
      throw ServerExit.failure
    }
  }
}
