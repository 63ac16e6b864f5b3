/// A key that is a number or a place: 64 bits in one of two planes. Integers above `Int64.max` are
/// in the upper one, all of whose keys come after those of the lower.
public struct KeyWord: Hashable, Comparable, Sendable {
  /// Whether it is in the upper plane.
  public let isUpper: Bool
  /// Its place within the plane.
  public let bits: UInt64

  /// A word of the lower plane.
  public init(_ bits: UInt64) {
    self.init(bits, isUpper: false)
  }

  init(_ bits: UInt64, isUpper: Bool) {
    self.isUpper = isUpper
    self.bits = bits
  }

  /// The order of the values that words stand for.
  public static func < (left: KeyWord, right: KeyWord) -> Bool {
    left.isUpper == right.isUpper ? left.bits < right.bits : right.isUpper
  }
}

/// Numbers as words whose order is that of the numbers.
public enum KeyCoding {
  /// The word of an integer.
  public static func word(_ integer: Int64) -> KeyWord {
    KeyWord(UInt64(bitPattern: integer) ^ (1 << 63))
  }

  /// The word of an integer without a sign.
  public static func word(_ integer: UInt64) -> KeyWord {
    Int64(exactly: integer).map { word($0) } ?? KeyWord(integer, isUpper: true)
  }

  /// The integer of a word of the lower plane.
  public static func integer(_ word: KeyWord) -> Int64 {
    Int64(bitPattern: word.bits ^ (1 << 63))
  }

  /// The word of a number that is not NaN; both zeros have the same.
  public static func word(_ double: Double) -> KeyWord {
    let bits = (double == 0 ? 0 : double).bitPattern
    return KeyWord(bits >> 63 == 1 ? ~bits : bits | 1 << 63)
  }

  /// The number of a word.
  public static func double(_ word: KeyWord) -> Double {
    Double(bitPattern: word.bits >> 63 == 1 ? word.bits & ~(1 << 63) : ~word.bits)
  }
}
