import HTTPTypes
import Hummingbird

/// Routes of Qdrant that this server knows and does not serve: they say so, where a bare 404
/// would look like a mistyped address.
struct UnsupportedController: Sendable {
  private static let routes: [(HTTPRequest.Method, String, String)] = [
    (.put, "{c}/vectors/{vector_name}", "adding named vectors is"),
    (.delete, "{c}/vectors/{vector_name}", "dropping named vectors is"),
    (.post, "{c}/cluster", "clusters are"),
    (.get, "{c}/shards", "shard keys are"),
    (.put, "{c}/shards", "shard keys are"),
    (.post, "{c}/shards/delete", "shard keys are"),
    (.get, "/quotas", "quotas are"),
    (.put, "/quotas", "quotas are"),
  ]

  func addRoutes(to router: Router<RESTContext>) {
    for (method, template, what) in Self.routes {
      let path =
        template.hasPrefix("{c}")
        ? "/collections/{collection_name}" + template.dropFirst(3) : template
      router.on(RouterPath(path), method: method) { _, context -> Response in
        if template.hasPrefix("{c}") { _ = try context.collectionName() }
        throw RESTError.unsupported(what)
      }
    }
    for (method, path) in [(HTTPRequest.Method.post, "recover"), (.delete, "peer/{peer_id}")] {
      router.on(RouterPath("/cluster/" + path), method: method) { _, _ -> Response in
        throw RESTError(.methodNotAllowed, "Bad request: the server runs in standalone mode")
      }
    }
  }
}
