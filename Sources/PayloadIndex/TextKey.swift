/// A string as a key: compared and ordered by its UTF-8 bytes. `String` itself equates canonically
/// equivalent texts, which are different values in a payload.
struct TextKey: Hashable, Comparable, Sendable {
  let string: String

  init(_ string: String) {
    self.string = string
  }

  static func == (left: TextKey, right: TextKey) -> Bool {
    left.string.utf8.count == right.string.utf8.count && compare(left, right) == 0
  }

  static func < (left: TextKey, right: TextKey) -> Bool { compare(left, right) < 0 }

  func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }

  func hasPrefix(_ prefix: TextKey) -> Bool { string.utf8.starts(with: prefix.string.utf8) }

  private static func compare(_ left: TextKey, _ right: TextKey) -> Int {
    var (a, b) = (left.string, right.string)
    return a.withUTF8 { a in
      b.withUTF8 { b in
        for index in 0..<min(a.count, b.count) where a[index] != b[index] {
          return a[index] < b[index] ? -1 : 1
        }
        return a.count - b.count
      }
    }
  }
}

/// A UUID as a key.
struct UUIDKey: Hashable, Comparable, Sendable {
  let high: UInt64
  let low: UInt64

  static func < (left: UUIDKey, right: UUIDKey) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
