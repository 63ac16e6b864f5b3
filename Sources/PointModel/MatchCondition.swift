/// What a `match` demands of at least one value at its key.
public enum MatchCondition: Sendable, Equatable {
  case value(MatchValue)
  case any(Set<MatchValue>)
  case except(Set<MatchValue>)
  /// Every token of the text occurs; without a text index, the text itself does.
  case text(String)
  /// At least one token of the text occurs.
  case textAny(String)
  /// The tokens of the text occur one behind the other.
  case phrase(String)
  /// A string begins with this one, byte by byte.
  case prefix(String)
}

/// A scalar that a `match` compares with. Strings are equal when their bytes are.
public enum MatchValue: Sendable {
  case string(String)
  case integer(Int64)
  /// Above `Int64.max`.
  case unsigned(UInt64)
  case bool(Bool)
}

extension MatchValue: Hashable {
  /// Whether both are the same value; integers are compared with and without a sign.
  public static func == (left: MatchValue, right: MatchValue) -> Bool {
    switch (left, right) {
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    case (.integer(let left), .integer(let right)): left == right
    case (.unsigned(let left), .unsigned(let right)): left == right
    case (.bool(let left), .bool(let right)): left == right
    default: false
    }
  }

  /// Equal values feed equal bytes.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .string(var string): string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    case .integer(let integer): hasher.combine(integer)
    case .unsigned(let unsigned): hasher.combine(unsigned)
    case .bool(let bool): hasher.combine(bool)
    }
  }
}
