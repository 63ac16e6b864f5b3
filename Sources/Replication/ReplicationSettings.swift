package import HTTPTransfer
package import ObjectStorage
import SharedLog

/// How a server shares its log, every value checked.
package struct ReplicationSettings: Sendable, Equatable {
  /// Where the log is, as `s3://bucket/prefix`.
  package var url: String
  /// The service; `nil` is Amazon's.
  package var endpoint: String?
  /// The service's region.
  package var region = "us-east-1"
  /// Whether the bucket stands in the path instead of the host's name; `nil` is as is usual there.
  package var isPathStyle: Bool?
  /// A file of certificates by which the service is known, beside those of the system.
  package var authorities: String?
  /// The public half of the key to the service; `nil` for none.
  package var keyID: String?
  /// Its secret half.
  package var secret: String?
  /// What comes with keys that are valid for a while.
  package var sessionToken: String?
  /// What is done with the log.
  package var plan = ReplicationPlan()

  /// The settings for the log at `url`.
  package init(url: String) { self.url = url }

  /// Where that is.
  ///
  /// - Throws: ``ReplicationError/settings(_:)``.
  package func location() throws(ReplicationError) -> S3Location {
    let credentials = keyID.map {
      S3Credentials(keyID: $0, secret: secret ?? "", sessionToken: sessionToken)
    }
    do throws(S3LocationError) {
      return try S3Location(
        url: url, endpoint: endpoint, region: region, isPathStyle: isPathStyle,
        credentials: credentials)
    } catch {
      throw .settings(error.description)
    }
  }

  /// Patience with one request, in seconds.
  private static let requestSeconds = 10.0

  /// The store, which is asked once for each thing: who asks tries again.
  ///
  /// - Parameter attempts: how often it is asked for what may be repeated.
  /// - Throws: ``ReplicationError/settings(_:)``.
  package func store(
    _ client: HTTPClient, attempts: Int = 1
  ) throws(ReplicationError) -> S3Store {
    var retry = RetryPolicy()
    retry.maximumAttempts = attempts
    return S3Store(
      try location(), client: client, retry: retry, timeoutSeconds: Self.requestSeconds)
  }
}

/// What a server does with its log.
package struct ReplicationPlan: Sendable, Equatable {
  /// When a write is answered.
  package var mode = ReplicationMode.async
  /// Where others reach the server.
  package var address = ""
  /// Where others reach its gRPC; `nil` where it has none.
  package var grpcAddress: String?
  /// Whether the server takes the lead when nobody has it.
  package var canLead = true
  /// Milliseconds without a sign of life of the leader after which the server takes the lead.
  package var takeoverMilliseconds = 5000
  /// Bounds.
  package var limits = ReplicationLimits()
  /// When snapshots are taken, and how long what they make possible is kept.
  package var snapshots = SnapshotKeeper.Settings()

  /// The plan of a server that ships its log and is answered before.
  package init() {}

  /// Fills in where the server is reached, as far as that was not said: at `url`, and its gRPC at
  /// the same host.
  package mutating func complete(besides url: String, grpcPort: Int?) {
    if address.isEmpty { address = url }
    while address.last == "/" { address.removeLast() }
    guard let grpcPort else {
      grpcAddress = nil
      return
    }
    guard grpcAddress == nil, let scheme = address.firstRange(of: "://") else { return }
    let authority = address[scheme.upperBound...].prefix { $0 != "/" }
    // A colon within brackets belongs to the address of the host.
    let colon = authority.lastIndex(of: ":")
    let isPort = colon.map { !authority[$0...].contains("]") } ?? false
    let host = isPort ? authority[..<(colon ?? authority.endIndex)] : authority
    grpcAddress = "\(address[..<scheme.upperBound])\(host):\(grpcPort)"
  }

  /// The times of the state machine.
  var machine: ReplicaStateMachine.Settings {
    var settings = ReplicaStateMachine.Settings()
    settings.canLead = canLead
    settings.takeoverMilliseconds = UInt64(takeoverMilliseconds)
    settings.beatMilliseconds = UInt64(max(50, min(1000, takeoverMilliseconds / 5)))
    settings.segmentItemsMax = limits.segmentItemsMax
    settings.segmentBytesMax = limits.segmentBytesMax
    return settings
  }
}
