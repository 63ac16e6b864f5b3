import HTTPTypes
import Hummingbird

/// What a caller must be allowed to do to use a route.
enum RouteAccess: Sendable {
  /// Anything: no key is asked for.
  case open
  /// Any key will do; what the answer tells may depend on it.
  case anyKey
  /// Reading collections, or figures of the whole server.
  case read
  /// Changing what is in a collection.
  case write
  /// Changing the server: its collections, their names, and what snapshots bring.
  case manage
}

/// One entry of the route table: all that is to be known of a route before it is called.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, RESTContext) async throws -> Response

  /// The parameter that is a point's id.
  static let pointID = "id"

  let method: HTTPRequest.Method
  /// The path, with the names of parameters in braces; also the route's name in figures.
  let template: String
  let access: RouteAccess
  let handler: Handler
  /// Names of the parameters in the order of the path.
  let parameters: [String]
  /// Whether it is about points, whose requests are held against the limit of slow ones.
  let isAboutPoints: Bool

  init(
    _ method: HTTPRequest.Method, _ template: String, _ access: RouteAccess,
    _ handler: @escaping Handler
  ) {
    self.method = method
    self.template = template
    self.access = access
    self.handler = handler
    isAboutPoints = template.contains("/points")
    parameters = template.split(separator: "/").compactMap(Self.parameter)
  }

  /// The name in a segment that stands for a parameter.
  static func parameter(in segment: some StringProtocol) -> String? {
    guard segment.first == "{", segment.last == "}" else { return nil }
    return String(segment.dropFirst().dropLast())
  }
}
