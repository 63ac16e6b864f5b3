import AccessTokens
import VectorDB

/// Who makes a call.
public struct Caller: Sendable {
  /// How a caller has shown who it is.
  public enum Credential: String, Sendable {
    /// By a token.
    case token = "Jwt"
    /// By a key.
    case key = "ApiKey"
    /// Not at all.
    case none = "None"
  }

  /// Where a call comes from, as the audit log tells it.
  public struct Origin: Sendable {
    /// The address of the client.
    var remote: String?
    /// What the client calls this call.
    var tracingID: String?
    /// The path that it asked for.
    var api: String?
    /// What tells when all that is written down of the call is with the kernel.
    public let receipt: AuditReceipt?

    /// Bytes of what a client calls its call; longer names are cut.
    private static let tracingIDBytesMax = 256

    /// A call from `remote` to `api`.
    public init(remote: String?, tracingID: String?, api: String?, receipt: AuditReceipt? = nil) {
      self.receipt = receipt
      self.remote = remote
      self.tracingID = tracingID.map(Self.cut)
      self.api = api
    }

    /// As much of a name as there is room for, in whole scalars: a character can be of any length.
    private static func cut(_ name: String) -> String {
      if name.utf8.count <= tracingIDBytesMax { return name }
      var kept = String.UnicodeScalarView()
      var bytes = 0
      for scalar in name.unicodeScalars {
        bytes += UTF8.width(scalar)
        if bytes > tracingIDBytesMax { break }
        kept.append(scalar)
      }
      return String(kept)
    }
  }

  /// What the caller may do.
  public var access: Access
  /// How that is known.
  public var credential: Credential
  /// Who acts, as its token says.
  public var subject: String?
  /// Where it calls from; `nil` where nobody writes that down.
  public var origin: Origin?
  /// What has to be there for its token to hold, and what the token grants then. Until that is
  /// looked for, the caller may do nothing.
  var condition: (wanted: TokenClaims.ValueExists, granted: Access)?

  /// A caller with these rights.
  public init(_ access: Access, by credential: Credential = .none, subject: String? = nil) {
    self.access = access
    self.credential = credential
    self.subject = subject
  }

  /// Whether it is yet to be looked for whether the caller's token holds.
  public var isPending: Bool { condition != nil }

  /// Whoever asks for what is open to all.
  public static let nobody = Caller(.nobody)
}

/// Who makes a call, since when, and how long it may take.
public struct ServiceCall: Sendable {
  /// Who calls.
  public var caller: Caller
  /// When the request arrived; its time counts from here, the wait for its body included.
  public var arrivedAt: ContinuousClock.Instant
  /// How long the caller waits, in seconds; `nil` for as long as it takes.
  public var timeoutSeconds: Int?
  /// Whether a read must see all that was acknowledged by any server of the log before it.
  public var isConsistent = false

  /// A call of one request.
  public init(
    caller: Caller, arrivedAt: ContinuousClock.Instant = .now, timeoutSeconds: Int? = nil
  ) {
    self.caller = caller
    self.arrivedAt = arrivedAt
    self.timeoutSeconds = timeoutSeconds
  }

  /// A call of somebody with these rights.
  public init(
    access: Access, arrivedAt: ContinuousClock.Instant = .now, timeoutSeconds: Int? = nil
  ) {
    self.init(caller: Caller(access), arrivedAt: arrivedAt, timeoutSeconds: timeoutSeconds)
  }

  /// What the caller may do.
  public var access: Access { caller.access }

  /// When the caller stops waiting.
  package var deadline: ContinuousClock.Instant? {
    timeoutSeconds.map { arrivedAt.later(seconds: $0) }
  }

  /// Whether the caller has stopped waiting.
  var isOver: Bool { deadline.map { $0 <= .now } ?? false }

  /// What a caller is told of an operation that is not done when it stops waiting.
  func late(_ operation: String) -> ServiceError {
    .engine(.timedOut("Operation '\(operation)' timed out after \(timeoutSeconds ?? 0) seconds"))
  }
}
