import Glibc
import Synchronization

/// Remembers since when issues are known, and which were dismissed. An issue that is over is
/// forgotten, and is a new one when it comes again.
final class IssueBoard: Sendable {
  private struct Note {
    let moment: Double
    var isDismissed = false
  }

  private let notes = Mutex<[String: Note]>([:])

  /// Those of `issues` that were not dismissed, each with when it was first seen.
  func noted(_ issues: [Issue]) -> [Issue] {
    notes.withLock { notes in
      Self.keep(issues, in: &notes)
      return issues.compactMap { issue in
        guard let note = notes[issue.id], !note.isDismissed else { return nil }
        var issue = issue
        issue.moment = note.moment
        return issue
      }
    }
  }

  /// Says no more of these, as long as they go on.
  func dismiss(_ issues: [Issue]) {
    notes.withLock { notes in
      Self.keep(issues, in: &notes)
      for issue in issues { notes[issue.id]?.isDismissed = true }
    }
  }

  private static func keep(_ issues: [Issue], in notes: inout [String: Note]) {
    let ids = Set(issues.map(\.id))
    notes = notes.filter { ids.contains($0.key) }
    let now = Double(time(nil))
    for id in ids where notes[id] == nil { notes[id] = Note(moment: now) }
  }
}
