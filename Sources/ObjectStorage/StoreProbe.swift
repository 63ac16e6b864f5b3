/// Tries whether a store does what a shared log relies on: of several that create one key at the
/// same time one wins, and an object is replaced only by who knows its tag.
public struct StoreProbe: Sendable {
  private let store: any ObjectStore

  /// Servers that create the key at the same time.
  private static let contenders = 8

  /// A probe of `store`.
  public init(_ store: any ObjectStore) { self.store = store }

  /// Writes an object below `probe/`, and removes it again.
  ///
  /// - Throws: ``ObjectStoreError/unfit(_:)`` with a sentence if it does not, or why that could not
  ///   be tried.
  public func run() async throws(ObjectStoreError) {
    try await withKey { key throws(ObjectStoreError) in
      let winner = try await contend(key)
      try await replaceOnce(key, winner)
    }
  }

  /// Does the same, and has it list objects and take one in parts.
  ///
  /// - Throws: as ``run()``.
  public func runThoroughly() async throws(ObjectStoreError) {
    try await run()
    try await withKey { key throws(ObjectStoreError) in
      let large = (0..<S3Store.partBytes + 1000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      try await store.put(key, large)
      guard try await store.size(of: key) == large.count, try await store.get(key)?.bytes == large
      else { throw .unfit("an object that was written in parts is not what was written") }
      let page = try await store.list(key, after: nil)
      guard page.entries == [.init(key: key, size: large.count)], !page.isTruncated,
        try await store.list(key, after: key).entries.isEmpty
      else { throw .unfit("it does not list the one object of a prefix") }
      try await store.delete(key)
      guard try await store.get(key) == nil, try await store.size(of: key) == nil else {
        throw .unfit("an object that was removed is still there")
      }
    }
  }

  /// Has something done to a new key, which is removed at the end.
  private func withKey(
    _ body: (String) async throws(ObjectStoreError) -> Void
  ) async throws(ObjectStoreError) {
    let name = (0..<4).map { _ in String(UInt32.random(in: 0...(.max)), radix: 36) }.joined()
    let key = "probe/\(name)"
    do throws(ObjectStoreError) {
      try await body(key)
    } catch {
      try? await store.delete(key)
      throw error
    }
    try await store.delete(key)
  }

  /// One of those that create a key at the same time, and what came of it.
  private struct Attempt: Sendable {
    let content: [UInt8]
    var outcome: CreateOutcome?
    var error: ObjectStoreError?
  }

  private func attempt(_ key: String, _ number: Int) async -> Attempt {
    var attempt = Attempt(content: Array("contender \(number)".utf8))
    do throws(ObjectStoreError) {
      attempt.outcome = try await store.create(key, attempt.content)
    } catch {
      attempt.error = error
    }
    return attempt
  }

  /// Who won, and the tag.
  private func contend(
    _ key: String
  ) async throws(ObjectStoreError) -> (content: [UInt8], tag: String) {
    let attempts = await withTaskGroup(of: Attempt.self, returning: [Attempt].self) { group in
      for number in 0..<Self.contenders {
        group.addTask { await attempt(key, number) }
      }
      var attempts: [Attempt] = []
      for await attempt in group { attempts.append(attempt) }
      return attempts
    }
    var winners: [(content: [UInt8], tag: String)] = []
    for attempt in attempts {
      if case .created(let tag)? = attempt.outcome { winners.append((attempt.content, tag)) }
    }
    let failure = attempts.lazy.compactMap(\.error).first
    guard winners.count < 2 else {
      throw .unfit(
        "\(winners.count) of \(Self.contenders) requests created the same key: it ignores "
          + "If-None-Match")
    }
    guard let winner = winners.first else {
      throw failure ?? .unfit("a key could not be created that was not there")
    }
    guard try await store.get(key)?.bytes == winner.content else {
      throw .unfit("it does not return what the request wrote that created the key")
    }
    return winner
  }

  private func replaceOnce(
    _ key: String, _ winner: (content: [UInt8], tag: String)
  ) async throws(ObjectStoreError) {
    let changed = Array("changed".utf8)
    guard try await store.replace(key, ifTag: "\"0123456789abcdef\"", changed) == nil,
      try await store.get(key)?.bytes == winner.content
    else { throw .unfit("it replaces an object that has another tag: it ignores If-Match") }
    guard let tag = try await store.replace(key, ifTag: winner.tag, changed), tag != winner.tag,
      try await store.get(key) == StoredObject(bytes: changed, tag: tag)
    else { throw .unfit("it does not replace an object that has the tag") }
  }
}
