/// Numbers as 64-bit words whose order is that of the numbers.
public enum KeyCoding {
  /// The word of an integer.
  public static func word(_ integer: Int64) -> UInt64 {
    UInt64(bitPattern: integer) ^ (1 << 63)
  }

  /// The integer of a word.
  public static func integer(_ word: UInt64) -> Int64 {
    Int64(bitPattern: word ^ (1 << 63))
  }

  /// The word of a number that is not NaN; both zeros have the same.
  public static func word(_ double: Double) -> UInt64 {
    let bits = (double == 0 ? 0 : double).bitPattern
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
  }

  /// The number of a word.
  public static func double(_ word: UInt64) -> Double {
    Double(bitPattern: word >> 63 == 1 ? word & ~(1 << 63) : ~word)
  }
}
