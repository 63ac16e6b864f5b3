package import NIOCore
package import NIOHPACK
import Replication
import RequestTracing
import TransportBase

/// What the first headers of a call say.
package struct CallHead {
  private(set) var path = ""
  private(set) var credentials = Credentials()
  /// What the client calls the call, by the names that this is told under, the best first.
  private var tracingIDs: [String?] = [nil, nil, nil]
  /// The client, as a proxy tells it.
  var forwardedFor: String? { forwardedBy[0] ?? forwardedBy[1] }
  private var forwardedBy: [String?] = [nil, nil]
  /// What the client calls the call.
  var tracingID: String? { tracingIDs.lazy.compactMap { $0 }.first }
  /// What other systems say of the call's trace.
  private var traceState: String?
  /// The place in a trace that the call belongs to.
  var traceParent: TraceParent? { TraceParent(tracingIDs[2], state: traceState) }
  /// Whether another server has sent the call on.
  private(set) var isForwarded = false
  /// What is sent on with the call, beside who makes it.
  private(set) var passedOn: [(String, String)] = []
  /// How long the client waits.
  package private(set) var timeout: TimeAmount?
  /// How messages are packed that say that they are.
  private(set) var coding: ContentCoding?
  /// Whether the headers break the rules of HTTP/2 (RFC 9113, 8.2 and 8.3): a proxy may have read
  /// them otherwise.
  package private(set) var isMalformed = false
  private var httpMethod = ""
  private var contentType = ""
  private var codingName: String?

  /// Reads headers in one pass.
  package init(_ headers: HPACKHeaders) {
    var isBehindPseudo = false
    for (name, value, _) in headers {
      let isPseudo = name.utf8.first == UInt8(ascii: ":")
      if isPseudo && isBehindPseudo || !Self.isLowercase(name) { isMalformed = true }
      isBehindPseudo = !isPseudo
      switch name {
      case ":path":
        if !path.isEmpty { isMalformed = true }
        path = value
      case ":method":
        if !httpMethod.isEmpty { isMalformed = true }
        httpMethod = value
      case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
        isMalformed = true
      case "content-type": contentType = value
      case "api-key": if credentials.apiKey == nil { credentials.apiKey = value }
      case "authorization":
        if credentials.authorization == nil { credentials.authorization = value }
      case "x-request-id":
        tracingIDs[0] = value
        passedOn.append((name, value))
      case "x-tracing-id":
        tracingIDs[1] = value
        passedOn.append((name, value))
      case Replicator.forwardedHeader: isForwarded = true
      case "traceparent": tracingIDs[2] = value
      case "tracestate": traceState = value
      case "forwarded": forwardedBy[0] = value
      case "x-forwarded-for": forwardedBy[1] = value
      case "grpc-timeout": timeout = Self.timeout(value)
      case "grpc-encoding": if value != "identity" { codingName = value }
      default: break
      }
    }
    // The others are no codings of gRPC's.
    let named = codingName.flatMap { ContentCoding(named: $0) }
    coding = named == .gzip || named == .deflate ? named : nil
  }

  private static func isLowercase(_ name: String) -> Bool {
    !name.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
  }

  /// The header block that refuses what is no call of gRPC; `nil` where it is one.
  package var refusal: HPACKHeaders? {
    if !contentType.hasPrefix("application/grpc") { return [":status": "415"] }
    if httpMethod != "POST" { return [":status": "405", "allow": "POST"] }
    guard let codingName, coding == nil else { return nil }
    let status = GRPCStatus(
      .unimplemented, "\(codingName) is not supported",
      fields: [("grpc-accept-encoding", "identity,gzip,deflate")])
    return status.soleHeaders
  }

  /// A number of at most eight digits and the letter of its unit; `nil` for anything else.
  static func timeout(_ text: String) -> TimeAmount? {
    guard let unit = text.last, text.utf8.count <= 9, let count = Int64(text.dropLast()),
      count >= 0
    else { return nil }
    switch unit {
    case "H": return .hours(count)
    case "M": return .minutes(count)
    case "S": return .seconds(count)
    case "m": return .milliseconds(count)
    case "u": return .microseconds(count)
    case "n": return .nanoseconds(count)
    default: return nil
    }
  }
}
