import ObjectStorage
import SharedLog

/// Removes from the store what no point in time needs any more that is to be restored, by rule 5 of
/// <doc:Replication>: the floor is raised, and what lies below it goes when the grace time is over.
///
/// What is due is known in memory alone: whoever begins anew waits anew. So it may end anywhere.
package actor LogGarbage {
  /// Times, in milliseconds.
  package struct Settings: Sendable, Equatable {
    /// How far back points in time can be restored.
    package var retentionMilliseconds: UInt64
    /// How long what nobody needs is kept yet.
    package var graceMilliseconds: UInt64 = 600_000
    /// The longest that a recovery takes from when its snapshot was kept to its entry.
    package var recoveryMilliseconds: UInt64 = 86_400_000

    /// Settings.
    package init(retentionMilliseconds: UInt64) {
      self.retentionMilliseconds = retentionMilliseconds
    }
  }

  /// What was done.
  package struct Report: Sendable, Equatable {
    /// The floor.
    package var floor: UInt64
    /// Segments that were removed.
    package var segmentsRemoved = 0
    /// Manifests of snapshots that were removed.
    package var snapshotsRemoved = 0
    /// Parts that were removed.
    package var partsRemoved = 0

    /// Nothing but a floor.
    package init(floor: UInt64) { self.floor = floor }
  }

  /// After which what was seen is looked at again before something is removed.
  private static let trust = Duration.seconds(30)

  private let log: ObjectLog
  private let shelf: SnapshotShelf
  private let kept: KeptSnapshots
  private let settings: Settings
  /// Manifests that were read; they never change.
  private var manifests: [UInt64: StoredSnapshot] = [:]
  /// Floors, ascending, and since when the floor is known to lie so high: the highest that has been
  /// known for the grace time, and those above it.
  private var floors: [(number: UInt64, at: UInt64)] = []
  /// Since when parts are known that nobody names.
  private var unnamed: [String: UInt64] = [:]
  /// Since when snapshots are known.
  private var seen: [UInt64: UInt64] = [:]

  /// The garbage of one log.
  package init(_ log: ObjectLog, settings: Settings) {
    self.log = log
    shelf = SnapshotShelf(log)
    kept = KeptSnapshots(log)
    self.settings = settings
  }

  /// Looks what is not needed any more, and removes what has not been for long enough. One call at
  /// a time, and by whoever leads.
  ///
  /// - Parameters:
  ///   - wall: the time in milliseconds since 1970.
  ///   - steady: milliseconds of a clock that never goes back.
  package func collect(wall: UInt64, steady: UInt64) async throws(BackupError) -> Report {
    let snapshots = try await readManifests(steady)
    let parts = try await shelf.partKeys()
    let wanted = wall - min(wall, settings.retentionMilliseconds)
    // One that was taken by a server that no longer leads may lose its parts yet.
    let base = snapshots.last { snapshot in
      snapshot.takenAt <= wanted && shelf.isComplete(snapshot, parts)
        && steady - (seen[snapshot.segment] ?? steady) >= settings.graceMilliseconds
    }
    do throws(SharedLogError) {
      if let base { try await log.raiseFloor(to: base.segment + 1) }
      let floor = try await log.floor().number
      if floors.last?.number != floor { floors.append((floor, steady)) }
    } catch {
      throw BackupError(error)
    }
    var report = Report(floor: floors.last?.number ?? 1)
    // The floor may be raised each time: what was below an earlier one is due all the same.
    if let due = floors.last(where: { steady - $0.at >= settings.graceMilliseconds })?.number {
      floors.removeAll { $0.number < due }
      try await removeBelow(due, snapshots, &report)
    }
    try await removeParts(parts, steady, &report)
    return report
  }

  private func readManifests(_ steady: UInt64) async throws(BackupError) -> [StoredSnapshot] {
    let numbers = try await shelf.numbers()
    var current: [UInt64: StoredSnapshot] = [:]
    for number in numbers {
      if let known = manifests[number] {
        current[number] = known
      } else {
        current[number] = try await shelf.read(number)
      }
      seen[number] = seen[number] ?? steady
    }
    manifests = current
    seen = seen.filter { current[$0.key] != nil }
    return numbers.compactMap { current[$0] }
  }

  /// Removes snapshots and segments below the floor, and what entries of these alone refer to.
  private func removeBelow(
    _ floor: UInt64, _ snapshots: [StoredSnapshot], _ report: inout Report
  ) async throws(BackupError) {
    for snapshot in snapshots where snapshot.segment + 1 < floor {
      try await remove(LogKey.snapshot(snapshot.segment))
      manifests[snapshot.segment] = nil
      report.snapshotsRemoved += 1
    }
    for key in try await log.store.keys(LogKey.segments) {
      guard let number = LogKey.number(key, in: LogKey.segments), number < floor else { break }
      try await remove(key)
      report.segmentsRemoved += 1
    }
    guard let oldest = snapshots.first(where: { $0.segment + 1 >= floor }) else { return }
    for checksum in try await kept.checksums() {
      guard let manifest = try await kept.manifest(checksum),
        manifest.keptAt + settings.recoveryMilliseconds < oldest.takenAt
      else { continue }
      try await kept.remove(checksum)
    }
  }

  /// Removes parts that no manifest names, and has not for the grace time.
  private func removeParts(
    _ parts: Set<String>, _ steady: UInt64, _ report: inout Report
  ) async throws(BackupError) {
    var named = try await namedParts(steady)
    let since = unnamed
    unnamed = [:]
    for key in parts where !named.contains(key) { unnamed[key] = since[key] ?? steady }
    let due = unnamed.filter { steady - $0.value >= settings.graceMilliseconds }.keys.sorted()
    var lookedAt = ContinuousClock.now
    for key in due {
      if ContinuousClock.now - lookedAt > Self.trust {
        lookedAt = .now
        named = try await namedParts(steady)
      }
      if named.contains(key) { continue }
      try await remove(key)
      unnamed[key] = nil
      report.partsRemoved += 1
    }
  }

  /// The keys of parts that are named by a manifest now.
  private func namedParts(_ steady: UInt64) async throws(BackupError) -> Set<String> {
    var named = Set<String>()
    for snapshot in try await readManifests(steady) {
      for file in snapshot.files { named.formUnion(file.parts.map(\.key)) }
    }
    for checksum in try await kept.checksums() {
      guard let manifest = try await kept.manifest(checksum) else { continue }
      named.formUnion(manifest.file.parts.map(\.key))
    }
    return named
  }

  private func remove(_ key: String) async throws(BackupError) {
    try await log.store.ask { store async throws(ObjectStoreError) in try await store.delete(key) }
  }
}
