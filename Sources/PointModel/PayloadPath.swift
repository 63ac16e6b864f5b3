/// A path into a payload, as in `metadata.tags[].name`, `"a key with dots".x` or `rows[2]`.
public struct PayloadPath: Sendable, Hashable {
  /// One step of a path.
  public enum Step: Sendable {
    /// The member of an object.
    case key(String)
    /// One element of an array.
    case index(Int)
    /// Every element of an array.
    case everyElement
  }

  /// From the payload to the values.
  public let steps: [Step]

  /// Steps of a path in its textual form: payloads do not nest deeper.
  public static let stepsMax = 128

  /// A path of steps.
  public init(steps: [Step]) {
    self.steps = steps
  }

  /// Parses the textual form; `nil` when it is not a path.
  public init?(_ text: String) {
    var steps: [Step] = []
    var rest = Substring(text)
    while true {
      guard steps.count < Self.stepsMax else { return nil }
      guard let key = Self.takeKey(&rest) else { return nil }
      steps.append(.key(key))
      while rest.first == "[" {
        guard steps.count < Self.stepsMax, let close = rest.firstIndex(of: "]") else {
          return nil
        }
        let inside = rest[rest.index(after: rest.startIndex)..<close]
        if inside.isEmpty {
          steps.append(.everyElement)
        } else {
          guard inside.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let index = Int(inside) else {
            return nil
          }
          steps.append(.index(index))
        }
        rest = rest[rest.index(after: close)...]
      }
      if rest.isEmpty { break }
      guard rest.first == "." else { return nil }
      rest = rest.dropFirst()
    }
    self.steps = steps
  }

  private static func takeKey(_ rest: inout Substring) -> String? {
    if rest.first == "\"" {
      rest = rest.dropFirst()
      guard let close = rest.firstIndex(of: "\"") else { return nil }
      let key = String(rest[..<close])
      guard !key.contains("\\") else { return nil }
      rest = rest[rest.index(after: close)...]
      return key
    }
    let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
    let key = rest[..<end]
    guard isPlain(key) else { return nil }
    rest = rest[end...]
    return String(key)
  }

  /// Whether a key can stand without quotes.
  fileprivate static func isPlain(_ key: some StringProtocol) -> Bool {
    !key.isEmpty
      && key.unicodeScalars.allSatisfy { scalar in
        scalar.isAlphanumeric || scalar == "_" || scalar == "-"
      }
  }
}

extension PayloadPath: CustomStringConvertible {
  /// The textual form that parses back to the same path.
  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key):
        if !text.isEmpty { text += "." }
        text += Self.isPlain(key) ? key : "\"\(key)\""
      case .index(let index): text += "[\(index)]"
      case .everyElement: text += "[]"
      }
    }
    return text
  }
}
