import HTTPTypes
public import Hummingbird
import Logging
import QdrantAPI

/// What accompanies one request: the router's storage and the moment the request arrived.
public struct RESTContext: RequestContext {
  /// The router's own storage.
  public var coreContext: CoreRequestContextStorage
  /// When the request's head had been read; `time` in answers counts from here.
  public let startedAt: ContinuousClock.Instant

  /// Starts the request's clock.
  public init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    startedAt = .now
  }

  /// Seconds since the request arrived.
  var elapsedSeconds: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - startedAt).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// A segment of the path, with its percent escapes undone.
  func pathParameter(_ name: String) throws(RESTError) -> String {
    guard let text = PercentDecoding.decode(parameters.get(name) ?? "") else {
      throw RESTError(
        .badRequest, "Deserialize error in path parameters: `\(name)` is not valid UTF-8")
    }
    return text
  }

  /// The collection named by the path.
  ///
  /// - Throws: 422 when no collection can have that name. `strict` demands what a new name must
  ///   obey; names that existed before those rules stay reachable.
  func collectionName(strict: Bool = false) throws(RESTError) -> String {
    let name = try pathParameter("collection_name")
    if let reason = CollectionName.fault(in: name, isNew: strict) {
      throw .validation("path parameters", field: "collection_name", reason)
    }
    return name
  }
}
