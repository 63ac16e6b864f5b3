import Synchronization

/// Hands on the text of one string member of a JSON object while the object is still written.
final class StreamedMember: Sendable {
  private let reader: Mutex<MemberReader>
  private let say: @Sendable (String) -> Void

  /// The text of the member `name` goes to `say`.
  init(_ name: String, say: @escaping @Sendable (String) -> Void) {
    reader = Mutex(MemberReader(name))
    self.say = say
  }

  /// Takes the next piece of the object.
  func take(_ piece: String) {
    let text = reader.withLock { $0.take(piece) }
    if !text.isEmpty { say(text) }
  }
}

/// Reads the text of one string member of a JSON object that comes in pieces. What a model thinks
/// aloud before it, between `<think>` and `</think>`, is passed over. However it is divided, each
/// byte is looked at once.
package struct MemberReader: Sendable {
  private enum Place {
    /// Before the member's name.
    case outside
    /// Among what the model thinks.
    case thoughts
    /// Behind the name.
    case named
    /// In the text.
    case text
    /// Behind a backslash.
    case escape
    /// In the number of a character, of which so many digits are missing.
    case code(missing: Int)
    case end
  }

  private var place = Place.outside
  private var key: Mark
  private var thought = Mark("<think>")
  private var thoughtEnd = Mark("</think>")
  /// The number of a character as far as it was read; `nil` if it is none.
  private var code: UInt32? = 0
  /// The first half of a character that is written as two numbers.
  private var half: UInt32?
  /// Bytes that were looked at, all together.
  package private(set) var bytesSearched = 0

  /// The text of the member `name`, which is of letters.
  package init(_ name: String) {
    key = Mark("\"\(name)\"")
  }

  /// What the next piece of the object has of the text.
  package mutating func take(_ piece: String) -> String {
    var text: [UInt8] = []
    for byte in piece.utf8 {
      if case .end = place { break }
      bytesSearched += 1
      take(byte, into: &text)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func take(_ byte: UInt8, into text: inout [UInt8]) {
    switch place {
    case .outside:
      if key.takes(byte) { place = .named }
      if thought.takes(byte) { place = .thoughts }
    case .thoughts: if thoughtEnd.takes(byte) { place = .outside }
    case .named:
      if byte == UInt8(ascii: "\"") {
        place = .text
      } else if ![0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ":")].contains(byte) {
        // The name was a value.
        place = .outside
        take(byte, into: &text)
      }
    case .text:
      switch byte {
      case UInt8(ascii: "\""): place = .end
      case UInt8(ascii: "\\"): place = .escape
      default:
        text.append(byte)
        half = nil
      }
    case .escape:
      if byte == UInt8(ascii: "u") {
        place = .code(missing: 4)
        code = 0
      } else {
        place = .text
        half = nil
        if let character = Self.escapes[byte] { text.append(character) }
      }
    case .code(let missing):
      code = code.flatMap { code in
        Character(Unicode.Scalar(byte)).hexDigitValue.map { code << 4 | UInt32($0) }
      }
      place = missing > 1 ? .code(missing: missing - 1) : .text
      if missing == 1 { endCode(into: &text) }
    case .end: break
    }
  }

  private mutating func endCode(into text: inout [UInt8]) {
    let first = half
    half = nil
    guard let code else { return }
    if 0xd800..<0xdc00 ~= code {
      half = code
    } else if let first, 0xdc00..<0xe000 ~= code {
      append(0x10000 + (first & 0x3ff) << 10 + (code & 0x3ff), to: &text)
    } else {
      append(code, to: &text)
    }
  }

  private func append(_ code: UInt32, to text: inout [UInt8]) {
    if let scalar = Unicode.Scalar(code) { text += Character(scalar).utf8 }
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0c,
    UInt8(ascii: "n"): 0x0a, UInt8(ascii: "r"): 0x0d, UInt8(ascii: "t"): 0x09,
  ]

  /// Bytes that are looked for, whose first one comes again at their end at most: after another
  /// byte than the next of them, they begin anew with this one or not at all.
  private struct Mark {
    private let bytes: [UInt8]
    private var found = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Whether they are complete with this byte.
    mutating func takes(_ byte: UInt8) -> Bool {
      found = byte == bytes[found] ? found + 1 : byte == bytes[0] ? 1 : 0
      if found < bytes.count { return false }
      found = 0
      return true
    }
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
