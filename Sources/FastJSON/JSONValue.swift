/// A JSON value that owns its contents.
///
/// Values are equal if they are of the same case and contents: the integer 1 is not the double
/// 1.0, strings are compared byte by byte, and the order of an object's members does not count.
public indirect enum JSONValue: Sendable {
  /// The literal `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// An integer that fits `Int64`.
  case integer(Int64)
  /// An integer above `Int64.max`.
  case unsigned(UInt64)
  /// A number with a fraction or an exponent; written as `null` unless finite.
  case double(Double)
  /// A string.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObjectValue)

  /// Parses the bytes of one JSON text in UTF-8, nested at most `maximumDepth` levels.
  ///
  /// - Throws: `JSONSyntaxError` if the bytes are anything but one valid JSON text.
  public init(
    parsing bytes: UnsafeRawBufferPointer, maximumDepth: Int = 128
  ) throws(JSONSyntaxError) {
    self = try JSONDocument(parsing: bytes, maximumDepth: maximumDepth).root.value
  }

  /// Parses the bytes of one JSON text in UTF-8, nested at most `maximumDepth` levels.
  ///
  /// - Throws: `JSONSyntaxError` if the bytes are anything but one valid JSON text.
  public init(parsing bytes: [UInt8], maximumDepth: Int = 128) throws(JSONSyntaxError) {
    self = try JSONDocument(parsing: bytes, maximumDepth: maximumDepth).root.value
  }

  /// Writes the value in compact form.
  public func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.null()
    case .bool(let value): writer.bool(value)
    case .integer(let value): writer.integer(value)
    case .unsigned(let value): writer.integer(value)
    case .double(let value): writer.double(value)
    case .string(let value): writer.string(value)
    case .array(let elements):
      writer.beginArray()
      for element in elements { element.write(to: &writer) }
      writer.endArray()
    case .object(let members):
      writer.beginObject()
      for (key, value) in members {
        writer.key(key)
        value.write(to: &writer)
      }
      writer.endObject()
    }
  }

  /// The value in compact form.
  public func serialized() -> [UInt8] {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }
}

extension JSONValue: Hashable {
  /// Whether both are of the same case and contents.
  public static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.unsigned(let left), .unsigned(let right)): left == right
    case (.double(let left), .double(let right)): left == right
    case (.string(let left), .string(let right)): JSONKey(left) == JSONKey(right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }

  /// Feeds the case and the contents, members in no particular order.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0 as UInt8)
    case .bool(let value):
      hasher.combine(1 as UInt8)
      hasher.combine(value)
    case .integer(let value):
      hasher.combine(2 as UInt8)
      hasher.combine(value)
    case .unsigned(let value):
      hasher.combine(3 as UInt8)
      hasher.combine(value)
    case .double(let value):
      hasher.combine(4 as UInt8)
      hasher.combine(value)
    case .string(let value):
      hasher.combine(5 as UInt8)
      hasher.combine(JSONKey(value))
    case .array(let value):
      hasher.combine(6 as UInt8)
      hasher.combine(value)
    case .object(let value):
      hasher.combine(7 as UInt8)
      hasher.combine(value)
    }
  }
}
