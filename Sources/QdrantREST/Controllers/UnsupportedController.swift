import HTTPTypes
import Hummingbird

/// Handlers of routes that Qdrant has and this server does not serve: they say so, where a bare 404
/// would look like a mistyped address.
enum UnsupportedController {
  /// A handler that refuses what is called `what`, with its verb.
  static func refuse(_ what: String) -> Route.Handler {
    { _, context in
      if context.has("collection_name") { _ = try context.collectionName() }
      throw RESTError.unsupported(what)
    }
  }
}
