public import PointModel
import Synchronization

/// Lets requests through to the collection once it is known to fit the embedder.
///
/// The check costs one call to the store. It holds for a while, and until something suggests that
/// the collection has changed: it may be deleted and made again by others at any time.
public final class CollectionGate: Sendable {
  /// How long it stands what was found out about a collection.
  package static let ageMax = Duration.seconds(30)

  private let store: any VectorStore
  private let embedder: any Embedder
  private let distance: Distance
  private let now: @Sendable () -> ContinuousClock.Instant
  private let verified = Mutex<Verified?>(nil)

  /// What was found out about the collection.
  private struct Verified {
    let found: CollectionDescription
    let recipe: EmbeddingRecipe
    let time: ContinuousClock.Instant
  }

  /// A gate before the store's collection; one that has to be made gets `distance`. What was found
  /// out about it grows old on the clock `now`.
  public init(
    store: any VectorStore, embedder: any Embedder, distance: Distance,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
  ) {
    self.store = store
    self.embedder = embedder
    self.distance = distance
    self.now = now
  }

  /// Checks the collection and makes it when there is none.
  ///
  /// - Returns: the model, and the recipe by which the collection is filled.
  /// - Throws: `GatewayError.conflict` when it belongs to another model or has another shape.
  public func openForWriting() async throws(GatewayError) -> (
    identity: EmbeddingIdentity, recipe: EmbeddingRecipe
  ) {
    let identity = try await embedder.identity()
    if let recipe = knownRecipe { return (identity, recipe) }
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
    if let recipe = knownRecipe { return recipe }
    guard let found = try await store.describeCollection() else { return nil }
    return try verify(found, against: try await embedder.identity())
  }

  /// What a reader has to know of the collection, without a mark at its end; `nil` when it says
  /// which model filled it, or nobody has looked yet.
  var remark: String? {
    guard let verified = verified.withLock({ $0 }), verified.found.embedding == nil else {
      return nil
    }
    return "The collection `\(store.collection)` does not say which embedding model filled it: if "
      + "it was another, what is found means little. `quiver-gateway reembed` embeds it anew and "
      + "notes the model"
  }

  /// By what recipe the collection is filled, as long as it is known.
  private var knownRecipe: EmbeddingRecipe? {
    let time = now()
    return verified.withLock { $0 }.flatMap { time - $0.time < Self.ageMax ? $0.recipe : nil }
  }

  private func verify(
    _ found: CollectionDescription, against identity: EmbeddingIdentity
  ) throws(GatewayError) -> EmbeddingRecipe {
    let recipe: EmbeddingRecipe
    do {
      recipe = try check(found, against: identity)
    } catch {
      forget()
      throw error
    }
    let new = Verified(found: found, recipe: recipe, time: now())
    verified.withLock { $0 = new }
    return recipe
  }

  /// Makes the next request check again.
  public func forget() {
    verified.withLock { $0 = nil }
  }

  /// Does `work`, once more when the collection vanished meanwhile, or is another than it was:
  /// another client may have made it again. Where it no longer fits, that is what is said then.
  /// After other failures of the store the next request checks anew.
  func retrying<Result>(
    _ work: () async throws(GatewayError) -> Result
  ) async throws(GatewayError) -> Result {
    do {
      return try await work()
    } catch {
      let isWorthAnother =
        switch error {
        case .collectionMissing: true
        case .storeRefused: await isOther
        default: false
        }
      forget(after: error)
      guard isWorthAnother else { throw error }
    }
    do {
      return try await work()
    } catch {
      forget(after: error)
      throw error
    }
  }

  /// Whether the collection is known to be another than it was when it was looked at.
  private var isOther: Bool {
    get async {
      guard let known = verified.withLock({ $0?.found }) else { return false }
      do throws(GatewayError) {
        return try await store.describeCollection() != known
      } catch {
        return false
      }
    }
  }

  private func forget(after error: GatewayError) {
    switch error {
    case .collectionMissing, .storeFailed, .storeRefused, .storeUnreachable, .conflict: forget()
    default: break
    }
  }

  private func check(
    _ found: CollectionDescription, against identity: EmbeddingIdentity
  ) throws(GatewayError) -> EmbeddingRecipe {
    let name = store.collection
    guard let dimension = found.dimension, let foundDistance = found.distance else {
      let names = found.vectorNames.map { "`\($0)`" }.joined(separator: ", ")
      throw .conflict(
        "Collection `\(name)` has no unnamed dense vector, which the gateway needs"
          + (names.isEmpty ? "" : " (its vectors are called \(names))")
          + "; delete it, so that the gateway makes it, or choose another "
          + "QDRANT_VECTOR_STORE__COLLECTION_NAME")
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
    guard recipe == .text || found.hasWords else {
      throw .conflict(
        "Collection `\(name)` has no sparse vectors `\(QdrantStore.wordsName)`, which hold the "
          + "words of chunks; delete it, so that the gateway makes it, or choose another "
          + "QDRANT_VECTOR_STORE__COLLECTION_NAME")
    }
    return recipe
  }
}
