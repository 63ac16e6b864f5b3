package import Storage

/// Where commits go: the store, the log of changes, and what readers load.
///
/// Used on the thread of whoever commits, one commit at a time.
package protocol CommitSite {
  /// The number of the latest commit that was published.
  var sequence: UInt64 { get }
  /// The number of the last entry of the log.
  var lastEntry: UInt64 { get }
  /// Whether a commit has to be on disk before it is answered.
  var syncsCommits: Bool { get }

  /// Writes the records of `parts`, the number of their commit and that of the log's last entry:
  /// all of it or nothing.
  func write(
    _ parts: [any CommitPart], sequence: UInt64, entry: UInt64, sync: Bool
  ) throws(StorageError)

  /// The log's entry of what callers asked for, which whoever keeps the log knows of from now on;
  /// `nil` if nobody keeps one.
  ///
  /// - Throws: ``CollectionError`` where it is refused; then nothing of it may be written.
  func prepareEntry(
    of parts: [any CommitPart], number: UInt64
  ) throws(CollectionError) -> [UInt8]?

  /// Says that a prepared entry was not written.
  ///
  /// - Returns: what its callers are told instead of the reason; `nil` for the reason itself.
  func withdraw(_ entry: [UInt8], number: UInt64) -> CollectionError?

  /// Says that it was.
  func append(_ entry: [UInt8], number: UInt64)

  /// Makes a commit what readers load, with the store as of it.
  ///
  /// - Parameter parts: publishes the parts, before the commit itself.
  func publish(sequence: UInt64, entry: UInt64, _ parts: () -> Void)

  /// Notes that a commit was not written; its parts are answered so.
  func note(_ error: StorageError)
}

/// Changes that become one commit, and the order of its steps: whatever is visible is written
/// before, whatever is answered is visible before, and what was not written is as if it had never
/// been asked for.
package struct CommitGroup<Site: CommitSite> {
  private let site: Site
  private let bytesMax: Int
  private var parts: [any CommitPart] = []
  private var byteCount = 0

  /// An empty group, which is committed as soon as its records have `bytesMax` bytes.
  package init(_ site: Site, bytesMax: Int) {
    self.site = site
    self.bytesMax = bytesMax
  }

  /// Takes a part into the commit that comes next.
  package mutating func add(_ part: any CommitPart) {
    parts.append(part)
    byteCount += part.byteCount
    if byteCount >= bytesMax { commit() }
  }

  /// Writes the group durably, makes it visible, and answers its requests either way.
  package mutating func commit() {
    var parts = parts.filter { $0.isReady() }
    self.parts = []
    byteCount = 0
    let logged = prepareEntry(&parts)
    if parts.isEmpty { return }
    let (sequence, entry) = (site.sequence + 1, nextEntry(parts))
    let sync = site.syncsCommits || parts.contains(where: \.mustSync)
    var stages = CommitStages(parts)
    do throws(StorageError) {
      try stages.write { () throws(StorageError) in
        try site.write(parts, sequence: sequence, entry: entry, sync: sync)
      }
    } catch {
      stages.end(isSynced: sync)
      site.note(error)
      let told = logged.flatMap { site.withdraw($0, number: entry) }
      for part in parts { part.finish(told ?? CollectionError(error)) }
      return
    }
    if let logged { site.append(logged, number: entry) }
    for part in parts { part.place(sequence: sequence) }
    site.publish(sequence: sequence, entry: entry) {
      for part in parts { part.publish(sequence: sequence) }
    }
    for part in parts { part.release() }
    stages.end(isSynced: sync)
    for part in parts { part.finish(nil) }
  }

  /// The entry of what callers asked for, if somebody is to be told of it. Where that is refused,
  /// these parts are, and the others stay.
  private func prepareEntry(_ parts: inout [any CommitPart]) -> [UInt8]? {
    let asked = parts.filter(\.origin.isCaller)
    if asked.isEmpty { return nil }
    do throws(CollectionError) {
      return try site.prepareEntry(of: asked, number: site.lastEntry + 1)
    } catch {
      parts.removeAll(where: \.origin.isCaller)
      for part in asked { part.finish(error) }
      return nil
    }
  }

  /// The number of the last entry of the log once the parts are written.
  private func nextEntry(_ parts: [any CommitPart]) -> UInt64 {
    var entry = site.lastEntry
    if parts.contains(where: \.origin.isCaller) { entry += 1 }
    for part in parts {
      if case .entry(let number?) = part.origin { entry = max(entry, number) }
    }
    return entry
  }
}
