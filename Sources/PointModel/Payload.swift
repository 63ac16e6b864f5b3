public import FastJSON

/// A point's payload: one JSON object, kept as normalised bytes from wire to disk to wire.
///
/// Normalised means compact, with key order and number kinds kept and the last of duplicate keys
/// winning; it is parsed again only where a filter or an edit must look inside.
public struct Payload: Sendable, Equatable {
  /// A normalised JSON object.
  public let json: [UInt8]

  /// Wraps bytes that are already a normalised JSON object.
  public init(normalizedJSON json: [UInt8]) {
    self.json = json
  }

  /// Serialises an object tree.
  public init(_ object: JSONObjectValue) {
    self.json = JSONValue.object(object).serialized()
  }

  /// `{}`.
  public static let empty = Payload(normalizedJSON: Array("{}".utf8))

  /// Whether there is nothing in it.
  public var isEmpty: Bool { json.count <= 2 }

  /// The parsed object; throws when the bytes are not valid JSON.
  public func parsed() throws(JSONSyntaxError) -> JSONObjectValue {
    guard case .object(let object) = try JSONValue(parsing: json) else {
      throw JSONSyntaxError(message: "a payload must be an object")
    }
    return object
  }
}
