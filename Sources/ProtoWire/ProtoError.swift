/// What is wrong with the bytes of a message.
public enum ProtoError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The bytes end within a field.
  case truncated
  /// A number of more than ten bytes, or of more than 64 bits.
  case overlongVarint
  /// A tag whose field number is 0 or too great.
  case invalidTag
  /// A wire type that does not exist, or a group that ends where none began.
  case invalidWireType(UInt8)
  /// A field of another wire type than its own.
  case unexpectedWireType(field: UInt32)
  /// A packed list that ends within an element.
  case raggedList(field: UInt32)
  /// A string that is not UTF-8.
  case invalidUTF8(field: UInt32)
  /// Messages within messages, deeper than is read.
  case tooDeep

  /// One sentence that names the field where there is one.
  public var description: String {
    switch self {
    case .truncated: "the message ends within a field"
    case .overlongVarint: "a varint has more than 64 bits"
    case .invalidTag: "a field has no valid number"
    case .invalidWireType(let type): "wire type \(type) is not valid"
    case .unexpectedWireType(let field): "field \(field) has an unexpected wire type"
    case .raggedList(let field): "the packed list of field \(field) ends within an element"
    case .invalidUTF8(let field): "the string of field \(field) is not valid UTF-8"
    case .tooDeep: "messages are nested too deeply"
    }
  }
}
