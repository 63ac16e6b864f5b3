import HTTPTypes
import Hummingbird

/// Refuses what pages of other sites have their readers' browsers do. A browser does not ask before
/// it sends a form, or JSON that says it is text: any page on the Web could store documents in the
/// gateway of its reader, where that has no keys or a proxy in front of it gives them.
struct ForeignPageMiddleware<Context: RequestContext>: RouterMiddleware {
  let origins: AllowedOrigins

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let changesNothing = [.get, .head, .options].contains(request.method)
    guard changesNothing || !PageOrigin.isForeign(request, besides: origins) else {
      throw PageOrigin.refusal
    }
    return try await next(request, context)
  }
}

/// What browsers say about the page that has them send a request.
enum PageOrigin {
  private static let site = HTTPField.Name("sec-fetch-site")
  private static let forwardedHost = HTTPField.Name("x-forwarded-host")

  /// What such a page is told.
  static let refusal = GatewayError.forbidden(
    "Requests from pages of other sites are not taken; "
      + "\(SettingKey.allowedOrigins.variable) names those whose are")

  /// Whether the request is one of a page that is neither the gateway's own nor among `origins`.
  static func isForeign(_ request: Request, besides origins: AllowedOrigins) -> Bool {
    let origin = request.headers[.origin]
    if let origin, origins.allow(origin) { return false }
    if let name = site, let said = request.headers[name] {
      return said != "same-origin" && said != "none"
    }
    // Older browsers, and addresses without TLS, say the origin alone; programs say nothing.
    guard let origin else { return false }
    let host = origin.split(separator: "/").last?.lowercased()
    let own = [request.head.authority, forwardedHost.flatMap { request.headers[$0] }]
    return !own.contains { $0?.lowercased() == host }
  }
}
