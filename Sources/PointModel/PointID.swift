/// The name a client gives a point: an unsigned 64-bit integer or a UUID.
///
/// Numbers order before UUIDs, which is the order that scrolling follows.
public enum PointID: Hashable, Sendable, Comparable {
  case number(UInt64)
  case uuid(PointUUID)

  /// Numbers come before UUIDs, each in their order.
  public static func < (left: PointID, right: PointID) -> Bool {
    switch (left, right) {
    case (.number(let a), .number(let b)): a < b
    case (.uuid(let a), .uuid(let b)): a < b
    case (.number, .uuid): true
    case (.uuid, .number): false
    }
  }
}

extension PointID: CustomStringConvertible {
  /// Decimal digits, or the dashed lower-case form of a UUID.
  public var description: String {
    switch self {
    case .number(let number): String(number)
    case .uuid(let uuid): uuid.description
    }
  }
}

/// A UUID as two big-endian halves, so that it orders and encodes without Foundation.
public struct PointUUID: Hashable, Sendable, Comparable {
  /// The first eight bytes, as a number.
  public let high: UInt64
  /// The last eight bytes, as a number.
  public let low: UInt64

  /// A UUID of two halves.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the dashed, undashed, braced and `urn:uuid:` forms; `nil` for anything else.
  public init?(_ text: String) {
    var body = Substring(text)
    if body.hasPrefix("urn:uuid:") {
      body = body.dropFirst(9)
    } else if body.hasPrefix("{") {
      guard body.hasSuffix("}") else { return nil }
      body = body.dropFirst().dropLast()
      guard body.utf8.count == 36 else { return nil }
    }
    let dashed = body.utf8.count == 36
    guard dashed || body.utf8.count == 32 else { return nil }
    var halves: (UInt64, UInt64) = (0, 0)
    var digits = 0
    for (position, byte) in body.utf8.enumerated() {
      if dashed, position == 8 || position == 13 || position == 18 || position == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let nibble = Self.nibble(byte) else { return nil }
      if digits < 16 {
        halves.0 = halves.0 << 4 | nibble
      } else {
        halves.1 = halves.1 << 4 | nibble
      }
      digits += 1
    }
    guard digits == 32 else { return nil }
    self.init(high: halves.0, low: halves.1)
  }

  /// The order of the bytes.
  public static func < (left: PointUUID, right: PointUUID) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }

  private static func nibble(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}

extension PointUUID: CustomStringConvertible {
  /// The dashed lower-case form, 36 characters.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: 36) { buffer in
      var length = 0
      for nibble in 0..<32 {
        if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
          buffer[length] = UInt8(ascii: "-")
          length += 1
        }
        let half = nibble < 16 ? high : low
        buffer[length] = digits[Int(half >> UInt64(60 - 4 * (nibble % 16)) & 0xf)]
        length += 1
      }
      return length
    }
  }
}
