import HTTPTypes
import Hummingbird

/// Refuses what pages of other sites have their readers' browsers do. A browser does not ask before
/// it sends a form, or JSON that says it is text: any page on the Web could store documents in the
/// gateway of its reader, where that has no keys or a proxy in front of it gives them.
///
/// A page whose own name suddenly leads to this machine (DNS rebinding) is of no other site to the
/// browser, which lets it read everything, too. So a gateway without keys looks at the name that it
/// is called by.
struct ForeignPageMiddleware<Context: RequestContext>: RouterMiddleware {
  let origins: AllowedOrigins
  /// Whether a caller has to show a key, which such a page does not know.
  let asksForKeys: Bool

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let changesNothing = [.get, .head, .options].contains(request.method)
    guard changesNothing || !PageOrigin.isForeign(request, besides: origins) else {
      throw PageOrigin.refusal
    }
    if !asksForKeys, !OpenPages.contain(request.uri.path), let host = GatewayHost(of: request),
      !host.cannotBeForeign, !origins.allow(host), PageOrigin.isFromBrowser(request)
    {
      throw GatewayError.forbidden(
        "A gateway without keys takes nothing from pages by a name that could be a stranger's; if "
          + "`\(host.name)` is its own, put https://\(host.name) into "
          + "\(SettingKey.allowedOrigins.variable), or set \(SettingKey.accessKeys.variable)")
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

  /// Whether a browser sent the request. Of a page's own site, and without TLS, it says neither
  /// origin nor site when it reads; what else it says, a page may change but not leave out.
  static func isFromBrowser(_ request: Request) -> Bool {
    let headers = request.headers
    let isSaid = [HTTPField.Name.origin, site, .referer, HTTPField.Name("priority")]
      .contains { $0.map { headers[$0] != nil } ?? false }
    // Some programs accept every language and say so.
    return isSaid || headers[.userAgent]?.hasPrefix("Mozilla/") == true
      || headers[.acceptLanguage].map { $0 != "*" } ?? false
  }

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
