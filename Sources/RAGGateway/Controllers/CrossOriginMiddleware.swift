import HTTPTypes
import Hummingbird

/// Whose pages may call the gateway from a browser.
public struct AllowedOrigins: Sendable, Equatable {
  private var origins: Set<String> = []
  private var isEverybody = false

  /// Pages of the gateway's own address alone.
  public init() {}

  /// Reads origins such as `https://app.example:8443`, with commas or white space between; `*`
  /// stands for every origin. `nil` when it is anything else.
  public init?(_ text: String) {
    for entry in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init) {
      if entry == "*" {
        isEverybody = true
        continue
      }
      let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 3, ["http:", "https:"].contains(parts[0]), parts[1].isEmpty,
        !parts[2].isEmpty
      else { return nil }
      origins.insert(entry.lowercased())
    }
  }

  /// Whether pages of `origin` may call.
  func allow(_ origin: String) -> Bool { isEverybody || origins.contains(origin.lowercased()) }

  /// Whether pages of a host may call, by whatever port.
  func allow(_ host: GatewayHost) -> Bool {
    isEverybody
      || origins.contains { origin in
        origin.split(separator: "/").last.map { GatewayHost(authority: String($0)) } == host
      }
  }
}

private enum Field {
  static let allowOrigin = HTTPField.Name("access-control-allow-origin")
  static let allowMethods = HTTPField.Name("access-control-allow-methods")
  static let allowHeaders = HTTPField.Name("access-control-allow-headers")
  static let exposeHeaders = HTTPField.Name("access-control-expose-headers")
  static let maxAge = HTTPField.Name("access-control-max-age")
  static let requestMethod = HTTPField.Name("access-control-request-method")
  static let requestHeaders = HTTPField.Name("access-control-request-headers")
}

/// Lets pages of other sites call the gateway, where its settings name them: what browsers ask
/// before a request is answered without a key, and answers say that the page may read them.
struct CrossOriginMiddleware<Context: RequestContext>: RouterMiddleware {
  let origins: AllowedOrigins

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let origin = request.headers[.origin], origins.allow(origin) else {
      return try await next(request, context)
    }
    var response: Response
    if request.method == .options, let asked = Field.requestMethod, request.headers[asked] != nil {
      response = Response(status: .noContent)
      Self.set(Field.allowMethods, "GET, HEAD, POST, DELETE, OPTIONS", in: &response)
      let wanted = Field.requestHeaders.flatMap { request.headers[$0] }
      Self.set(Field.allowHeaders, wanted ?? "authorization, content-type", in: &response)
      Self.set(Field.maxAge, "600", in: &response)
    } else {
      response = try await next(request, context)
      Self.set(Field.exposeHeaders, "retry-after, x-request-id", in: &response)
    }
    Self.set(Field.allowOrigin, origin, in: &response)
    response.headers[.vary] = "Origin"
    return response
  }

  private static func set(_ name: HTTPField.Name?, _ value: String, in response: inout Response) {
    if let name { response.headers[name] = value }
  }
}
