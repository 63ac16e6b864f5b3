import HTTPTypes
import Hummingbird

/// The query string of a request, read field by field as Qdrant reads it.
struct QueryFields {
  private let fields: [(name: String, value: String)]

  init(_ request: Request) {
    fields = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
  }

  subscript(name: String) -> String? { fields.last { $0.name == name }?.value }

  func bool(_ name: String) throws(RESTError) -> Bool? {
    switch self[name] {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw Self.malformed("provided string was not `true` or `false`")
    }
  }

  /// A whole number from `minimum` on.
  func integer(_ name: String, minimum: Int) throws(RESTError) -> Int? {
    guard let text = self[name] else { return nil }
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

  static func malformed(_ reason: String) -> RESTError {
    RESTError(.badRequest, "Deserialize error in query parameters: \(reason)")
  }
}
