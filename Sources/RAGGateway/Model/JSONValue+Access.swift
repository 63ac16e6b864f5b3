package import FastJSON

extension JSONValue {
  /// The text of a string.
  package var stringValue: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number, of whatever kind.
  package var numberValue: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .unsigned(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// The members of an object.
  package var objectValue: JSONObjectValue? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The elements of an array.
  package var arrayValue: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The member of an object; `nil` for anything else.
  package subscript(member: String) -> JSONValue? { objectValue?[member] }

  /// The text of a string, or a number as it is written: how an identifier may be spelled.
  package var identifierText: String? {
    switch self {
    case .string(let text): text
    case .integer(let number): String(number)
    case .unsigned(let number): String(number)
    default: nil
    }
  }
}
