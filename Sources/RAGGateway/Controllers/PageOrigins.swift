import HTTPTypes
import Hummingbird
import NIOCore

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

  /// Whether all pages may call.
  var areAll: Bool { isEverybody }

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

/// The name, or the address, by which a request calls the gateway.
struct GatewayHost: Sendable, Equatable {
  /// In lower case, without a port and a dot at its end.
  let name: String

  /// Ends of names that nobody can register: they are given to machines of one's own network.
  private static let privateEnds: Set = [
    "localhost", "local", "localdomain", "internal", "lan", "home", "corp", "intranet", "private",
    "svc", "test",
  ]

  /// `nil` for a request that does not say it, which browsers always do.
  init?(of request: Request) {
    guard let authority = request.head.authority else { return nil }
    self.init(authority: authority)
  }

  /// Reads `NAME`, `NAME:PORT` or `[ADDRESS]:PORT`.
  init(authority: String) {
    var name = authority.lowercased()[...]
    if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
      name = name[name.index(after: name.startIndex)..<end]
    } else if let colon = name.lastIndex(of: ":") {
      name = name[..<colon]
    }
    if name.hasSuffix(".") { name.removeLast() }
    self.name = String(name)
  }

  /// Whether no stranger's page can have this name: an address, a name without a dot, which only
  /// one's own network knows, or one of a kind that is not given to anybody.
  var cannotBeForeign: Bool {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count > 1, let end = labels.last else { return true }
    return Self.privateEnds.contains(String(end)) || name.hasSuffix(".home.arpa")
      || (try? SocketAddress(ipAddress: name, port: 0)) != nil
  }
}
