/// A value inside a `JSONDocument`, read in place. It keeps its document alive.
public struct JSONElement: Sendable {
  let document: JSONDocument
  let index: Int

  /// What the value is.
  public var kind: JSONKind { document.withTape { $0.kind(at: index) } }

  /// Whether the value is the literal `null`.
  public var isNull: Bool { kind == .null }

  /// The truth value, `nil` if it is something else.
  public var bool: Bool? {
    document.withTape { $0.kind(at: index) == .bool ? $0.isTrue(at: index) : nil }
  }

  /// The number, if it is spelled as an integer and fits.
  public var int64: Int64? {
    document.withTape { $0.kind(at: index) == .integer ? $0.integer(at: index) : nil }
  }

  /// The number, if it is spelled as an integer and fits.
  public var uint64: UInt64? {
    document.withTape { tape in
      switch tape.kind(at: index) {
      case .integer: UInt64(exactly: tape.integer(at: index))
      case .unsigned: tape.unsigned(at: index)
      default: nil
      }
    }
  }

  /// The number, however it is spelled, rounded to the nearest double.
  public var double: Double? {
    document.withTape { tape in
      switch tape.kind(at: index) {
      case .integer: Double(tape.integer(at: index))
      case .unsigned: Double(tape.unsigned(at: index))
      case .double: tape.double(at: index)
      default: nil
      }
    }
  }

  /// The string with its escapes resolved, `nil` if the value is something else.
  public var string: String? {
    document.withTape { $0.kind(at: index) == .string ? $0.string(at: index) : nil }
  }

  /// Passes the string's UTF-8 bytes, escapes resolved, which are valid only during the call.
  ///
  /// - Returns: What `body` returned, or `nil` if the value is not a string.
  public func withUTF8<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
    try document.withTape { tape in
      guard tape.kind(at: index) == .string else { return nil }
      return try body(tape.utf8(at: index))
    }
  }

  /// The elements, `nil` if the value is not an array.
  public var array: JSONArray? {
    kind == .array ? JSONArray(document: document, index: index) : nil
  }

  /// The members, `nil` if the value is not an object.
  public var object: JSONObject? {
    kind == .object ? JSONObject(document: document, index: index) : nil
  }
}
