/// Why a request is refused, with the whole text that Qdrant's clients see.
public enum RequestError: Error, Sendable, Equatable {
  /// The body is not JSON, or has a member missing, of the wrong kind or of an unknown value.
  case format(String)
  /// The body is well formed, but a value is out of range.
  case validation(String)
  /// The body does not fit the collection.
  case wrongInput(String)
  /// The body breaks a rule of queries, or asks for what this server does not do.
  case badRequest(String)

  /// The HTTP status code.
  public var status: Int {
    switch self {
    case .validation: 422
    case .format, .wrongInput, .badRequest: 400
    }
  }

  /// The full error text.
  public var text: String {
    switch self {
    case .format(let text), .validation(let text), .wrongInput(let text), .badRequest(let text):
      text
    }
  }
}
