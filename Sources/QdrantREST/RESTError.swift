package import HTTPTypes
package import QdrantAPI
package import QdrantService

/// An answer other than success: the status and the full text of the error envelope.
package struct RESTError: Error, Sendable, Equatable {
  /// The status of the answer.
  package let status: HTTPResponse.Status
  /// The text of the envelope, as it is sent.
  package let text: String
  /// Seconds after which the client may try again; sent as `Retry-After`.
  package var retryAfterSeconds: Int?

  /// An error with a status and a text.
  package init(_ status: HTTPResponse.Status, _ text: String, retryAfterSeconds: Int? = nil) {
    self.status = status
    self.text = text
    self.retryAfterSeconds = retryAfterSeconds
  }
}

extension RESTError {
  /// What a body that can't be decoded is answered.
  package init(_ error: RequestError) {
    self.init(HTTPResponse.Status(code: error.status), error.text)
  }

  /// What a call that failed is answered.
  package init(_ error: ServiceError) {
    if case .invalid(let field, let reason) = error {
      // What a call names stands in the path.
      self = .validation("path parameters", field: field, reason)
      return
    }
    self.init(
      Self.status(of: error.kind), error.text, retryAfterSeconds: error.retryAfterSeconds)
  }

  private static func status(of kind: ServiceError.Kind) -> HTTPResponse.Status {
    switch kind {
    case .badRequest: .badRequest
    case .invalid: .unprocessableContent
    case .unauthenticated: .unauthorized
    case .forbidden: .forbidden
    case .notFound: .notFound
    case .conflict: .conflict
    case .timedOut: .requestTimeout
    case .exhausted: .tooManyRequests
    case .outOfSpace: HTTPResponse.Status(code: 507)
    case .unavailable: .serviceUnavailable
    case .standalone: .methodNotAllowed
    case .precondition: .internalServerError
    case .unknown: .gatewayTimeout
    case .failed: .internalServerError
    }
  }

  static func tooLarge(bytes: Int?, limit: Int) -> RESTError {
    let what =
      bytes.map { "JSON payload (\($0) bytes) is larger than allowed (limit: \(limit) bytes)." }
      ?? "JSON payload has exceeded limit (\(limit) bytes)."
    return RESTError(.contentTooLarge, "Payload error: \(what)")
  }

  static func validation(_ place: String, field: String, _ message: String) -> RESTError {
    RESTError(.unprocessableContent, "Validation error in \(place): [\(field): \(message)]")
  }
}
