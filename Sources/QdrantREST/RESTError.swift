package import HTTPTypes
import PointModel
package import QdrantAPI
package import VectorDB

/// An answer other than success: the status and the full text of the error envelope.
package struct RESTError: Error, Sendable, Equatable {
  package let status: HTTPResponse.Status
  package let text: String
  /// Seconds after which the client may try again; sent as `Retry-After`.
  package var retryAfterSeconds: Int?

  package init(_ status: HTTPResponse.Status, _ text: String, retryAfterSeconds: Int? = nil) {
    self.status = status
    self.text = text
    self.retryAfterSeconds = retryAfterSeconds
  }
}

extension RESTError {
  package init(_ error: RequestError) {
    self.init(HTTPResponse.Status(code: error.status), error.text)
  }

  package init(_ error: CollectionError) {
    switch error {
    case .collectionNotFound(let name):
      self.init(.notFound, "Not found: Collection `\(name)` doesn't exist!")
    case .referredCollectionNotFound(let name):
      self.init(.notFound, "Not found: Collection \(name) not found")
    case .collectionExists(let name):
      self.init(.conflict, "Wrong input: Collection `\(name)` already exists!")
    case .aliasNotFound(let name):
      self.init(.notFound, "Not found: Alias \(name) does not exists!")
    case .pointNotFound(let id):
      self.init(.notFound, "Not found: No point with id \(id) found")
    case .snapshotNotFound(let name):
      self.init(.notFound, "Not found: Snapshot \(name) not found")
    case .forbidden(let reason):
      self.init(.forbidden, "Forbidden: \(reason)")
    case .unknownVector(let name, let context):
      let text = "Wrong input: Not existing vector name error: \(name)"
      self.init(.badRequest, text + Self.parenthesised(context))
    case .wrongDimension(let expected, let got, let context):
      let text = "Wrong input: Vector dimension error: expected dim: \(expected), got \(got)"
      self.init(.badRequest, text + Self.parenthesised(context))
    case .wrongInput(let reason):
      self.init(.badRequest, "Wrong input: \(reason)")
    case .badRequest(let reason):
      self.init(.badRequest, "Bad request: \(reason)")
    case .timedOut(let reason):
      self.init(.requestTimeout, "Timeout error: \(reason)")
    case .overloaded(let seconds):
      self.init(
        .tooManyRequests, "Rate limiting exceeded: too many requests wait already",
        retryAfterSeconds: seconds)
    case .rateLimited(let reason, let seconds):
      self.init(
        .tooManyRequests, "Rate limiting exceeded: \(reason)", retryAfterSeconds: seconds)
    case .outOfSpace(let reason):
      self.init(HTTPResponse.Status(code: 507), "Service internal error: out of space: \(reason)")
    case .shuttingDown:
      self.init(.serviceUnavailable, "Service unavailable: the server is shutting down")
    case .loading(let name):
      self.init(
        .serviceUnavailable,
        "Service unavailable: collection `\(name)` is still being loaded", retryAfterSeconds: 1)
    case .quarantined(let name, let reason):
      self.init(
        .internalServerError,
        """
        Service internal error: collection `\(name)` is quarantined, because its records are \
        damaged: \(reason). Delete it or recover it from a snapshot
        """)
    case .damaged(let reason), .storage(let reason):
      self.init(.internalServerError, "Service internal error: \(reason)")
    }
  }

  private static func parenthesised(_ context: String) -> String {
    context.isEmpty ? "" : " (\(context))"
  }

  static let starting = RESTError(
    .serviceUnavailable, "Service unavailable: the data directory is still being opened",
    retryAfterSeconds: 1)

  static func unsupported(_ feature: String) -> RESTError {
    RESTError(.badRequest, "Bad request: \(feature) not supported yet")
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
