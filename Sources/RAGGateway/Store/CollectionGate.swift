public import PointModel
import Synchronization

/// Lets requests through to the collection once it is known to fit the embedder.
///
/// The check costs one call to the store and is done once, until something suggests that the
/// collection has changed.
public final class CollectionGate: Sendable {
  private let store: any VectorStore
  private let embedder: any Embedder
  private let distance: Distance
  private let verified = Mutex<Verified?>(nil)

  /// What was found out about the collection.
  private struct Verified {
    let recipe: EmbeddingRecipe
    let namesModel: Bool
  }

  /// A gate before the store's collection; one that has to be made gets `distance`.
  public init(store: any VectorStore, embedder: any Embedder, distance: Distance) {
    self.store = store
    self.embedder = embedder
    self.distance = distance
  }

  /// Checks the collection and makes it when there is none.
  ///
  /// - Returns: the model, and the recipe by which the collection is filled.
  /// - Throws: `GatewayError.conflict` when it belongs to another model or has another shape.
  public func openForWriting() async throws(GatewayError) -> (
    identity: EmbeddingIdentity, recipe: EmbeddingRecipe
  ) {
    let identity = try await embedder.identity()
    if let verified = verified.withLock({ $0 }) { return (identity, verified.recipe) }
    if try await store.describeCollection() == nil {
      try await store.createCollection(distance: distance, embedding: identity)
    }
    // Asked again even after a creation: another client may have been quicker.
    guard let found = try await store.describeCollection() else {
      throw .collectionMissing(store.collection)
    }
    return (identity, try verify(found, against: identity))
  }

  /// Checks the collection; `nil` when there is none.
  public func openForReading() async throws(GatewayError) -> EmbeddingRecipe? {
    if let verified = verified.withLock({ $0 }) { return verified.recipe }
    guard let found = try await store.describeCollection() else { return nil }
    return try verify(found, against: try await embedder.identity())
  }

  /// What a reader has to know of the collection, without a mark at its end; `nil` when it says
  /// which model filled it, or nobody has looked yet.
  var remark: String? {
    guard verified.withLock({ $0?.namesModel == false }) else { return nil }
    return "The collection `\(store.collection)` does not say which embedding model filled it: if "
      + "it was another, what is found means little. `quiver-gateway reembed` embeds it anew and "
      + "notes the model"
  }

  private func verify(
    _ found: CollectionDescription, against identity: EmbeddingIdentity
  ) throws(GatewayError) -> EmbeddingRecipe {
    let recipe = try check(found, against: identity)
    verified.withLock { $0 = Verified(recipe: recipe, namesModel: found.embedding != nil) }
    return recipe
  }

  /// Makes the next request check again.
  public func forget() {
    verified.withLock { $0 = nil }
  }

  /// Does `work`, once more when the collection vanished meanwhile: another client may have made it
  /// again. After other failures of the store the next request checks anew.
  func retrying<Result>(
    _ work: () async throws(GatewayError) -> Result
  ) async throws(GatewayError) -> Result {
    do {
      return try await work()
    } catch .collectionMissing {
      forget()
      do {
        return try await work()
      } catch {
        forget()
        throw error
      }
    } catch {
      switch error {
      case .storeFailed, .storeUnreachable, .conflict: forget()
      default: break
      }
      throw error
    }
  }

  private func check(
    _ found: CollectionDescription, against identity: EmbeddingIdentity
  ) throws(GatewayError) -> EmbeddingRecipe {
    let name = store.collection
    guard let dimension = found.dimension, let foundDistance = found.distance else {
      throw .conflict(
        "Collection `\(name)` has no unnamed dense vector, which the gateway needs; "
          + "choose another QDRANT_VECTOR_STORE__COLLECTION_NAME")
    }
    if let model = found.embedding, model != identity {
      throw .conflict(
        "Collection `\(name)` was filled with the embedding model \(model), the gateway uses "
          + "\(identity); vectors of two models can't be compared. Use the same model, or another "
          + "QDRANT_VECTOR_STORE__COLLECTION_NAME")
    }
    guard dimension == identity.dimension else {
      throw .conflict(
        "Collection `\(name)` holds vectors of \(dimension) components, the embedding model "
          + "\(identity.model) makes \(identity.dimension). Use the model that filled it, or "
          + "another QDRANT_VECTOR_STORE__COLLECTION_NAME")
    }
    guard foundDistance.higherIsNearer else {
      throw .conflict(
        "Collection `\(name)` compares by \(foundDistance.rawValue), where smaller is nearer; "
          + "the gateway needs Cosine or Dot")
    }
    guard let recipe = EmbeddingRecipe(rawValue: found.recipe) else {
      throw .conflict(
        "Collection `\(name)` was filled by recipe \(found.recipe) of a newer gateway; this one "
          + "knows up to \(EmbeddingRecipe.current.rawValue)")
    }
    return recipe
  }
}
