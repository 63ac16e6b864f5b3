import HTTPTypes
import Hummingbird
import NIOCore

/// The page for people at `/`, the interface as `/openapi.json`, and that for people at `/docs`.
/// All stand in the program; they ask no other host for anything.
struct PageController: Sendable {
  /// Scripts and styles of the page itself are all that it may use.
  private static let policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    + "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    + "frame-ancestors 'none'"

  func addRoutes(to router: Router<GatewayContext>) {
    for (path, bytes, type) in [
      ("/", PackageResources.index_html, "text/html; charset=utf-8"),
      ("/docs", PackageResources.docs_html, "text/html; charset=utf-8"),
      ("/openapi.json", PackageResources.openapi_json, "application/json"),
    ] {
      router.get(RouterPath(path)) { _, _ in
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.contentSecurityPolicy] = Self.policy
        headers[.xContentTypeOptions] = "nosniff"
        return Response(
          status: .ok, headers: headers,
          body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
      }
    }
  }
}
