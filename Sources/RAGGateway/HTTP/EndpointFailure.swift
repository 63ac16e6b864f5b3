/// Why a call to another service brought no answer.
package enum EndpointFailure: Error, Sendable, Equatable {
  /// No connection, or none that lasted until a request was sent.
  case unreachable(String)
  /// No complete answer in time.
  case timedOut(String)
  /// The answer broke off or was no HTTP.
  case broken(String)

  /// One sentence for people.
  package var message: String {
    switch self {
    case .unreachable(let text), .timedOut(let text), .broken(let text): text
    }
  }
}
