import ArgumentParser
import Foundation
import HTTPTransfer
import ObjectStorage
import ServiceProcess

/// Tries whether an object store can hold a shared log.
struct StoreCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store-check",
    abstract: "Try whether an object store does what backups and replicas rely on.",
    discussion: """
      Writes, replaces, lists and removes objects below PREFIX/probe/, and leaves nothing there. \
      The key is read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
      """)

  @Argument(help: "The place, as s3://bucket/prefix.")
  var url: String

  @Option(name: .long, help: "The service, as https://host:port (default: Amazon's).")
  var endpoint: String?

  @Option(name: .long, help: "The service's region.")
  var region = "us-east-1"

  @Option(
    name: .long,
    help: "How the bucket is named: in the path or as a virtual-host (default: as is usual there).")
  var addressing: Addressing?

  @Option(name: .long, help: RemoteOptions.caHelp)
  var ca: String?

  @Option(name: .long, help: "Seconds to wait for each answer.")
  var timeout = 10

  enum Addressing: String, ExpressibleByArgument {
    case path
    case virtualHost = "virtual-host"
  }

  func run() async throws {
    let location: S3Location
    do throws(S3LocationError) {
      location = try S3Location(
        url: url, endpoint: endpoint, region: region, isPathStyle: addressing.map { $0 == .path },
        credentials: Self.credentials)
    } catch {
      throw ValidationError(error.description)
    }
    let client = HTTPClient(trust: HTTPTrust(authorities: ca))
    defer { client.shutdown() }
    var retry = RetryPolicy()
    retry.maximumAttempts = 2
    let store = S3Store(
      location, client: client, retry: retry, timeoutSeconds: Double(max(1, timeout)))
    do throws(ObjectStoreError) {
      try await StoreProbe(store).runThoroughly()
    } catch {
      StandardError.say("\(error)")
      throw ServerExit.failure
    }
    print(
      "fit: \(url) creates and replaces objects once, lists them, and takes large ones in parts")
  }

  private static var credentials: S3Credentials? {
    let environment = ProcessInfo.processInfo.environment
    guard let id = environment["AWS_ACCESS_KEY_ID"], !id.isEmpty,
      let secret = environment["AWS_SECRET_ACCESS_KEY"]
    else { return nil }
    return S3Credentials(
      keyID: id, secret: secret, sessionToken: environment["AWS_SESSION_TOKEN"])
  }
}
