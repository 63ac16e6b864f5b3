public import Logging
import PointModel

/// Brings a collection of an older recipe to the current one, in place and point by point. A run
/// that broke off is simply started again. No gateway should fill the collection meanwhile.
public enum ReembedRun {
  /// Chunks in one step of embedding a collection anew.
  private static let stepChunksMax = 32

  /// Does it with the model and the store of the settings; `write` is told how it goes.
  ///
  /// - Returns: the number of chunks that were embedded.
  /// - Throws: `GatewayStartError` with what is in the way.
  public static func run(
    _ settings: GatewaySettings, logger: Logger, write: (String) -> Void
  ) async throws(GatewayStartError) -> Int {
    let assembly = try GatewayAssembly(settings: settings, logger: logger)
    let outcome: Result<Int, GatewayError>
    do throws(GatewayError) {
      outcome = .success(
        try await run(assembly.store, embedder: assembly.services.embedder, write: write))
    } catch {
      outcome = .failure(error)
    }
    await assembly.shutdown()
    do throws(GatewayError) {
      return try outcome.get()
    } catch {
      throw GatewayStartError(error.message)
    }
  }

  private static func run(
    _ store: QdrantStore, embedder: any Embedder, write: (String) -> Void
  ) async throws(GatewayError) -> Int {
    let gate = CollectionGate(store: store, embedder: embedder, distance: .cosine)
    guard let found = try await gate.openForReading() else { return 0 }
    let identity = try await embedder.identity()
    if found == .current { return 0 }
    try await store.addWords()
    var done = 0
    var start: PointID?
    repeat {
      let page = try await store.list(nil, from: start, limit: stepChunksMax)
      let whole = page.chunks.filter { $0.id == $0.parent && !$0.chunk.pageContent.isEmpty }
      for (tenant, chunks) in Dictionary(grouping: whole, by: \.tenant) {
        let maker = PointMaker(
          embedder: embedder, identity: identity, recipe: .current, tenant: tenant)
        let named = chunks.compactMap { chunk -> (id: PointUUID, chunk: Chunk)? in
          if case .uuid(let id) = chunk.id { (id, chunk.chunk) } else { nil }
        }
        let points = try await maker.points(for: named)
        try await store.upsert(points.flatMap { $0 })
        done += named.count
      }
      write("\(done) chunks embedded\n")
      start = page.next
    } while start != nil
    try await store.adopt(identity)
    return done
  }
}
