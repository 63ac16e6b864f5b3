/// Why a request got no response. A response of any status is not an error.
public enum HTTPClientError: Error, Equatable, CustomStringConvertible {
  /// No connection: refused, name not found, or not there within the time to connect.
  case connectionFailed(String)
  /// Connected, but the response was not complete in time.
  case timedOut
  /// The response is larger than the request allows.
  case tooLarge
  /// The task was cancelled, or the client shut down.
  case cancelled
  /// The connection broke in the middle, or what came was not HTTP.
  case interrupted(String)
  /// The URL is not an absolute `http` or `https` URL.
  case invalidURL
  /// The method or a header holds characters that HTTP does not allow there.
  case invalidRequest(String)
  /// The encrypted connection could not be set up, for example for lack of a trusted certificate.
  case tls(String)

  public var description: String {
    switch self {
    case .connectionFailed(let reason): "could not connect: \(reason)"
    case .timedOut: "the response was not complete in time"
    case .tooLarge: "the response is larger than allowed"
    case .cancelled: "the request was cancelled"
    case .interrupted(let reason): "the response was interrupted: \(reason)"
    case .invalidURL: "not an absolute http or https URL"
    case .invalidRequest(let reason): "not a valid request: \(reason)"
    case .tls(let reason): "no secure connection: \(reason)"
    }
  }
}
