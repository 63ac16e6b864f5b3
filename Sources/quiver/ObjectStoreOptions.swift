import ArgumentParser
import Foundation
import HTTPTransfer
import ObjectStorage

/// How an object store is reached, for commands that are told its address.
///
/// The key comes from the environment only: a command line is visible to every user of the machine.
struct ObjectStoreOptions: ParsableArguments {
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

  /// What requests are sent by; whoever asks for it shuts it down.
  var client: HTTPClient { HTTPClient(trust: HTTPTrust(authorities: ca)) }

  /// The store at `url`.
  ///
  /// - Parameter attempts: how often a request is made that may be repeated.
  func store(_ url: String, client: HTTPClient, attempts: Int = 2) throws -> S3Store {
    let location: S3Location
    do throws(S3LocationError) {
      location = try S3Location(
        url: url, endpoint: endpoint, region: region, isPathStyle: addressing.map { $0 == .path },
        credentials: Self.credentials)
    } catch {
      throw ValidationError(error.description)
    }
    var retry = RetryPolicy()
    retry.maximumAttempts = attempts
    return S3Store(location, client: client, retry: retry, timeoutSeconds: Double(max(1, timeout)))
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
