import HTTPTypes
import Hummingbird

/// Lets pages of every origin call the server, as Qdrant does: every origin, method and header is
/// allowed, credentials are not, and nothing is remembered beyond the request.
///
/// What browsers ask before a request (a preflight) carries no key and is answered for every path.
enum CrossOrigin {
  private static let allowOrigin = HTTPField.Name("access-control-allow-origin")
  private static let allowMethods = HTTPField.Name("access-control-allow-methods")
  private static let allowHeaders = HTTPField.Name("access-control-allow-headers")
  private static let requestMethod = HTTPField.Name("access-control-request-method")
  private static let requestHeaders = HTTPField.Name("access-control-request-headers")

  private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT, TRACE"
  private static let known: Set<String> = Set(
    methods.split(separator: ",").map { String($0.drop { $0 == " " }) })
  private static let varies =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

  /// The answer to a preflight; `nil` when the request is none.
  static func preflight(_ request: Request) -> Response? {
    guard request.method == .options, let requestMethod,
      let wanted = request.headers[requestMethod]
    else { return nil }
    guard known.contains(wanted) else {
      return RESTResponse.text(.badRequest, "Requested method is not allowed")
    }
    var response = Response(status: .ok)
    if let allowMethods { response.headers[allowMethods] = methods }
    if let allowHeaders, let requestHeaders, let headers = request.headers[requestHeaders] {
      response.headers[allowHeaders] = headers
    }
    return response
  }

  /// Marks an answer as one that the page which asked may read.
  static func allow(_ request: Request, _ response: inout Response) {
    if let allowOrigin, let origin = request.headers[.origin] {
      response.headers[allowOrigin] = origin
    }
    if let others = response.headers[.vary] {
      response.headers[.vary] = others + ", " + varies
    } else {
      response.headers.append(HTTPField(name: .vary, value: varies))
    }
  }
}
