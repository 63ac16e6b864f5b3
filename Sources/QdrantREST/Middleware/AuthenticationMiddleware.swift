import HTTPTypes
import Hummingbird

/// Demands a key for everything but the probes, and the full key for whatever changes data.
struct AuthenticationMiddleware: RouterMiddleware {
  typealias Context = RESTContext

  let keys: AccessKeys

  private static let open: Set<String> = ["/", "/healthz", "/livez", "/readyz"]
  private static let keyField = HTTPField.Name("api-key")

  /// Routes that read although their method is POST.
  private static let readingPosts: Set<String> = {
    let points = [
      "", "/count", "/discover", "/discover/batch", "/query", "/query/batch", "/query/groups",
      "/recommend", "/recommend/batch", "/recommend/groups", "/scroll", "/search",
      "/search/batch", "/search/groups", "/search/matrix/offsets", "/search/matrix/pairs",
    ]
    return Set(
      points.map { "/collections/{collection_name}/points" + $0 }
        + ["/collections/{collection_name}/facet"])
  }()

  func handle(
    _ request: Request, context: RESTContext,
    next: (Request, RESTContext) async throws -> Response
  ) async throws -> Response {
    if keys.areRequired, !Self.isOpen(request) {
      switch keys.verdict(on: Self.key(of: request)) {
      case .full: break
      case .readOnly:
        if !Self.isRead(request, context) {
          throw RESTError(.forbidden, "Forbidden: Global manage access is required")
        }
      case .missing:
        throw RESTError(
          .unauthorized, "Must provide an API key or an Authorization bearer token")
      case .wrong:
        throw RESTError(.unauthorized, "Invalid API key or JWT")
      }
    }
    return try await next(request, context)
  }

  private static func isOpen(_ request: Request) -> Bool {
    var path = request.uri.path[...]
    while path.count > 1, path.last == "/" { path = path.dropLast() }
    return open.contains(String(path))
  }

  private static func isRead(_ request: Request, _ context: RESTContext) -> Bool {
    switch request.method {
    // A snapshot is all of the data, in a form that can be carried away.
    case .get, .head: context.endpointPath.map { !$0.contains("/snapshots") } ?? true
    case .post: context.endpointPath.map(readingPosts.contains) ?? false
    default: false
    }
  }

  private static func key(of request: Request) -> String? {
    if let keyField, let key = request.headers[keyField] { return key }
    guard let authorization = request.headers[.authorization] else { return nil }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1].drop { $0 == " " })
  }
}
