/// What a JSON value is, with numbers split by the type that holds them exactly.
public enum JSONKind: Sendable {
  /// The literal `null`.
  case null
  /// `true` or `false`.
  case bool
  /// A number spelled as an integer that fits `Int64`.
  case integer
  /// A number spelled as an integer above `Int64.max` that fits `UInt64`.
  case unsigned
  /// A number spelled with a fraction or an exponent, or an integer beyond 64 bits.
  case double
  /// A string.
  case string
  /// An array.
  case array
  /// An object.
  case object
}
