import SharedLog
import Synchronization

/// Appends segments of one writer, each until it is known what lies in its place: rules 2, 3 and 6
/// of <doc:Replication> for a server that has the log to itself. One call at a time.
actor SegmentAppender {
  /// What became of a segment.
  enum Outcome: Equatable {
    /// It is in the log.
    case written
    /// Another one is in its place.
    case taken(LogSegment)
    /// Its number had been dropped before.
    case dropped
    /// The task was cancelled before that was known.
    case cancelled
  }

  private let log: ObjectLog
  private let note: @Sendable (Event) -> Void
  /// When the floor was last asked for.
  private var floorAsked: ContinuousClock.Instant?

  /// What happens meanwhile.
  enum Event {
    case put
    case failure(String)
    case success
  }

  private static let floorTrust = Duration.seconds(60)
  private static let firstPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(5)

  init(_ log: ObjectLog, note: @escaping @Sendable (Event) -> Void) {
    self.log = log
    self.note = note
  }

  /// Appends `segment`, which has never been tried before and follows the last one.
  func append(_ segment: LogSegment) async -> Outcome {
    var pause = Self.firstPause
    while true {
      if Task.isCancelled { return .cancelled }
      switch await attempt(segment) {
      case .written:
        guard let floor = await floorIfDue() else { return .cancelled }
        if floor > segment.number { return .dropped }
        note(.success)
        return .written
      case .taken(let found): return .taken(found)
      case .dropped: return .dropped
      case .cancelled:
        do { try await Task.sleep(for: pause) } catch { return .cancelled }
        pause = min(pause * 2, Self.longestPause)
      }
    }
  }

  /// Tries once; `cancelled` when nothing is known.
  private func attempt(_ segment: LogSegment) async -> Outcome {
    do throws(SharedLogError) {
      note(.put)
      do throws(SharedLogError) {
        try await log.append(segment)
        return .written
      } catch .taken {
      } catch {
        note(.failure(error.sentence))
      }
      // A reply may have been lost: the segment says whose it is.
      guard let found = try await log.read(segment.number) else { return .cancelled }
      return found == segment ? .written : .taken(found)
    } catch {
      note(.failure(error.sentence))
      return .cancelled
    }
  }

  /// The floor, if what is known of it is old; otherwise 0. `nil` when the task was cancelled.
  private func floorIfDue() async -> UInt64? {
    if let floorAsked, ContinuousClock.now - floorAsked <= Self.floorTrust { return 0 }
    while true {
      let asked = ContinuousClock.now
      do throws(SharedLogError) {
        let floor = try await log.floor().number
        floorAsked = asked
        return floor
      } catch {
        note(.failure(error.sentence))
      }
      do { try await Task.sleep(for: Self.firstPause) } catch { return nil }
    }
  }
}

extension SharedLogError {
  /// What happened, in words.
  package var sentence: String {
    switch self {
    case .taken: "another segment has the number already"
    case .unknown(let what), .refused(let what), .damaged(let what), .newer(let what): what
    case .belowFloor(let number): "segment \(number) was dropped"
    }
  }
}
