import HTTPTypes
import Hummingbird

/// The query string of a request, read field by field as Qdrant reads it.
package struct QueryFields {
  private let fields: [(name: String, value: String)]

  init(_ request: Request) { self.init(query: request.uri.query) }

  /// The fields of what stands behind the question mark.
  package init(query: String?) {
    let parts = query?.split(separator: "&") ?? []
    fields = parts.map { part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (Self.decoded(halves[0]), halves.count > 1 ? Self.decoded(halves[1]) : "")
    }
  }

  /// As forms are written: a plus sign is a space.
  private static func decoded(_ text: Substring) -> String {
    let text = String(text.replacing("+", with: " "))
    return PercentDecoding.decode(text) ?? text
  }

  /// What a field says, the last of several.
  package subscript(name: String) -> String? { fields.last { $0.name == name }?.value }

  /// What a field says that may be there once.
  func value(_ name: String) throws(RESTError) -> String? {
    let values = fields.filter { $0.name == name }
    if values.count > 1 { throw Self.malformed("duplicate field `\(name)`") }
    return values.first?.value
  }

  func bool(_ name: String) throws(RESTError) -> Bool? {
    switch try value(name) {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw Self.malformed("provided string was not `true` or `false`")
    }
  }

  /// A whole number from `minimum` on.
  func integer(_ name: String, minimum: Int) throws(RESTError) -> Int? {
    guard let text = try value(name) else { return nil }
    if text.isEmpty { throw Self.malformed("cannot parse integer from empty string") }
    guard text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
      throw Self.malformed("invalid digit found in string")
    }
    guard let number = Int(text) else {
      throw Self.malformed("number too large to fit in target type")
    }
    guard number >= minimum else {
      throw .validation(
        "query parameters", field: name,
        "value \(number) invalid, must be \(minimum) or larger")
    }
    return number
  }

  /// A whole number that is not zero, which is refused as what is no number is.
  func nonzero(_ name: String) throws(RESTError) -> Int? {
    let number = try integer(name, minimum: 0)
    if number == 0 { throw Self.malformed("invalid value: integer `0`, expected a nonzero u64") }
    return number
  }

  static func malformed(_ reason: String) -> RESTError {
    RESTError(.badRequest, "Deserialize error in query parameters: \(reason)")
  }
}
