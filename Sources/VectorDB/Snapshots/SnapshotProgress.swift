import Synchronization

/// Work on a snapshot that waits or goes on, and how far it is. May be used from any thread.
public final class SnapshotProgress: Sendable {
  /// What is done.
  public enum Kind: String, Sendable {
    case create, recover
  }

  /// The stages of a recovery, and where each ends as a share of the whole: about what they take.
  enum Stage: Double {
    case verified = 0.2
    case stored = 0.6
    case loaded = 0.7
    case built = 1
  }

  /// What is done.
  public let kind: Kind
  /// The collection that it is done for; `nil` for the whole server.
  public let collection: String?
  private let bits = Atomic<UInt64>(0)

  init(_ kind: Kind, of collection: String?) {
    self.kind = kind
    self.collection = collection
  }

  /// How much of it is done, from 0 to 1; 0 while it waits.
  public var share: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  /// Notes that so much of the whole is done; of none, nothing is known.
  func note<Count: BinaryInteger>(_ done: Count, of whole: Count) {
    note(done, of: whole, from: 0, to: 1)
  }

  /// Notes that so much of a stage is done.
  func note<Count: BinaryInteger>(
    _ done: Count, of whole: Count, after: Stage?, until stage: Stage
  ) {
    note(done, of: whole, from: after?.rawValue ?? 0, to: stage.rawValue)
  }

  private func note<Count: BinaryInteger>(
    _ done: Count, of whole: Count, from start: Double, to end: Double
  ) {
    guard whole > 0 else { return }
    let part = min(1, max(0, Double(done) / Double(whole)))
    bits.store((start + part * (end - start)).bitPattern, ordering: .relaxed)
  }
}

extension Database {
  /// The work on snapshots that waits or goes on, the oldest first.
  public var snapshotProgress: [SnapshotProgress] { snapshots.progress }
}
