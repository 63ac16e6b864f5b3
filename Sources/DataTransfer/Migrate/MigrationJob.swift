import FastJSON
package import QdrantClient

/// Copies collections from one Qdrant-compatible server to another, over their API: configuration,
/// payload indexes, points, aliases. Compares both in the end, point by point. A collection that
/// the target refuses is told in the end, and the others are copied.
///
/// Where it stands is kept in a file after every batch, so that the same command goes on after
/// whatever ended it.
package struct MigrationJob: Sendable {
  /// The collections to copy; all when empty.
  package var collections: [String] = []
  /// Points in one request.
  package var batch = 256
  /// Where progress is kept.
  package var checkpoint = "quiver-migrate.json"
  /// Whether to forget where an earlier run stood.
  package var restarts = false
  /// Whether collections that the target has already may be added to.
  package var addsToExisting = false

  /// A migration of all collections.
  package init() {}

  /// Runs to the end.
  ///
  /// - Returns: sentences that say what was done, a line each.
  package func run(
    from source: QdrantServer, to target: QdrantServer, progress: some TransferProgress
  ) async throws(TransferError) -> String {
    guard source.url != target.url else { throw .unfit("--from and --to are the same server") }
    let checkpoint = Checkpoint(path: checkpoint)
    if restarts { try checkpoint.remove() }
    var record = try MigrationRecord.load(checkpoint, from: source.url, to: target.url)
    let names = try await names(on: source)
    var lines: [String] = []
    var failures: [String] = []
    for name in names {
      do throws(TransferError) {
        let outcome = try await copy(name, from: source, to: target, &record, progress)
        lines.append("\(name): \(outcome)")
      } catch {
        // What is wrong with one collection does not hold up the others.
        switch error {
        case .refused, .notTheSame, .unfit: failures.append("\(name): \(error)")
        default: throw error
        }
      }
    }
    try await copyAliases(of: names, from: source, to: target, progress)
    guard failures.isEmpty else {
      for line in lines { progress.note(line) }
      throw .unfit((["not all was copied:"] + failures).joined(separator: "\n"))
    }
    try checkpoint.remove()
    return lines.joined(separator: "\n")
  }

  private func copy(
    _ name: String, from source: QdrantServer, to target: QdrantServer,
    _ record: inout MigrationRecord, _ progress: some TransferProgress
  ) async throws(TransferError) -> CollectionComparison.Outcome {
    let copy = CollectionCopy(
      source: RemotePoints(server: source, collection: name),
      target: RemotePoints(server: target, collection: name), batch: max(1, batch),
      addsToExisting: addsToExisting)
    let blueprint = try await copy.prepare(&record, progress)
    try await copy.run(&record, progress)
    do throws(TransferError) {
      return try await CollectionComparison(
        source: copy.source, target: copy.target, batch: max(1, batch),
        isNormalized: blueprint.isNormalized, coded: blueprint.codedVectors
      ).run(progress)
    } catch {
      // What differs is copied again by the next run.
      if case .notTheSame = error { try record.begin(name) }
      throw error
    }
  }

  private func names(on source: QdrantServer) async throws(TransferError) -> [String] {
    let there = try await TransferError.of { () async throws(QdrantClientError) in
      try await source.collectionNames()
    }
    for name in collections where !there.contains(name) {
      throw .unfit("there is no collection \(name) on \(source.shown)")
    }
    return collections.isEmpty ? there.sorted() : collections
  }

  private func copyAliases(
    of names: [String], from source: QdrantServer, to target: QdrantServer,
    _ progress: some TransferProgress
  ) async throws(TransferError) {
    let aliases: [(alias: String, collection: String)]
    do throws(TransferError) {
      aliases = try await TransferError.of { () async throws(QdrantClientError) in
        try await source.aliases()
      }
    } catch {
      guard case .refused(_, let status, let reason) = error, [400, 404].contains(status) else {
        throw error
      }
      progress.note("aliases not copied: \(reason)")
      return
    }
    for (alias, collection) in aliases where names.contains(collection) {
      do throws(TransferError) {
        try await TransferError.of { () async throws(QdrantClientError) in
          try await target.createAlias(alias, of: collection)
        }
      } catch {
        guard case .refused(_, let status, let reason) = error,
          [400, 404, 409, 422].contains(status)
        else { throw error }
        progress.note("alias `\(alias)` of \(collection) not made: \(reason)")
      }
    }
  }
}
