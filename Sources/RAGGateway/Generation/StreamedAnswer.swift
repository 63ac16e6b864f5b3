import FastJSON
import Synchronization

/// Hands on the text of one string member of a JSON object while the object is still written. What
/// a model thinks aloud before it, between `<think>` and `</think>`, is passed over.
final class StreamedMember: Sendable {
  private struct State {
    /// What was not looked at yet, or may be the beginning of a mark.
    var before = ""
    var isThinking = false
    /// The rest of the member.
    var text: [Character] = []
    var isInside = false
    var isOver = false
  }

  /// Characters that are kept of what was looked at, of which a mark may be the continuation.
  private static let kept = 64

  private let state = Mutex(State())
  private let key: String
  private let say: @Sendable (String) -> Void

  /// The text of the member `name` goes to `say`.
  init(_ name: String, say: @escaping @Sendable (String) -> Void) {
    key = "\"\(name)\""
    self.say = say
  }

  /// Takes the next piece of the object.
  func take(_ piece: String) {
    let text = state.withLock { state -> String in
      guard !state.isOver else { return "" }
      if state.isInside {
        state.text += piece
      } else {
        state.before += piece
        enter(&state)
      }
      return state.isInside ? read(&state) : ""
    }
    if !text.isEmpty { say(text) }
  }

  private func enter(_ state: inout State) {
    while true {
      let mark = state.isThinking ? "</think>" : "<think>"
      let found = state.before.firstRange(of: mark)
      if !state.isThinking, let start = start(in: state.before) {
        guard let found, found.lowerBound < start else {
          state.text = Array(state.before[start...])
          state.before = ""
          state.isInside = true
          return
        }
      }
      guard let found else { break }
      state.before = String(state.before[found.upperBound...])
      state.isThinking.toggle()
    }
    if state.before.count > 2 * Self.kept {
      state.before = String(state.before.suffix(Self.kept))
    }
  }

  /// Where the text of the member begins.
  private func start(in text: String) -> String.Index? {
    guard let found = text.firstRange(of: key) else { return nil }
    let after = text[found.upperBound...].drop { $0.isWhitespace || $0 == ":" }
    return after.first == "\"" ? text.index(after: after.startIndex) : nil
  }

  private func read(_ state: inout State) -> String {
    var read = ""
    var position = 0
    while position < state.text.count {
      let character = state.text[position]
      if character == "\"" {
        state.isOver = true
        break
      }
      guard character == "\\" else {
        read.append(character)
        position += 1
        continue
      }
      guard position + 1 < state.text.count else { break }
      let length = state.text[position + 1] == "u" ? 6 : 2
      guard position + length <= state.text.count else { break }
      let literal = String(state.text[position..<(position + length)])
      let value = try? JSONValue(parsing: Array("\"\(literal)\"".utf8))
      read += value?.stringValue ?? ""
      position += length
    }
    state.text.removeFirst(position)
    return read
  }
}

/// An answer whose pieces were shown while it was written, beside the one that counts: a reply may
/// have been repaired, or another generator have stepped in.
enum SaidAnswer {
  /// What has to be shown behind `said` so that the reader has `summary`.
  static func rest(of summary: String, after said: String) -> String {
    if said.trimmed.isEmpty { return summary }
    if summary.hasPrefix(said) { return String(summary.dropFirst(said.count)) }
    return bare(said) == bare(summary) ? "" : "\n\nCorrected: " + summary
  }

  /// A text without its references: those to passages that do not exist are taken out of an answer.
  private static func bare(_ text: String) -> String {
    var kept = ""
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "[") {
      kept += rest[..<open]
      let after = rest[rest.index(after: open)...]
      let inside = after.prefix { $0.isNumber || $0 == "," || $0.isWhitespace }
      if !inside.isEmpty, after[inside.endIndex...].first == "]" {
        rest = after[inside.endIndex...].dropFirst()
      } else {
        kept.append("[")
        rest = after
      }
    }
    return (kept + rest).filter { !$0.isWhitespace }
  }
}
