import CSimdJSON

/// simdjson's tape: one word per value (numbers two) with the kind in the top byte. Containers hold
/// the index behind their end in the low 32 bits and their element count, saturating, in the 24
/// bits above; strings hold an offset into the string buffer.
struct JSONTape {
  static let rootIndex = 1
  private static let saturatedCount = 0xFF_FFFF

  let words: UnsafePointer<UInt64>
  let strings: UnsafePointer<UInt8>

  var view: csimdjson_view { csimdjson_view(tape: words, strings: strings) }

  func kind(at index: Int) -> JSONKind {
    switch UInt8(words[index] >> 56) {
    case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
    case UInt8(ascii: "l"): .integer
    case UInt8(ascii: "u"): .unsigned
    case UInt8(ascii: "d"): .double
    case UInt8(ascii: "\""): .string
    case UInt8(ascii: "["): .array
    case UInt8(ascii: "{"): .object
    default: .null
    }
  }

  func isTrue(at index: Int) -> Bool { UInt8(words[index] >> 56) == UInt8(ascii: "t") }

  func integer(at index: Int) -> Int64 { Int64(bitPattern: words[index + 1]) }

  func unsigned(at index: Int) -> UInt64 { words[index + 1] }

  func double(at index: Int) -> Double { Double(bitPattern: words[index + 1]) }

  func utf8(at index: Int) -> UnsafeBufferPointer<UInt8> {
    let entry = strings + Int(words[index] & 0xFF_FFFF_FFFF_FFFF)
    let length = UnsafeRawPointer(entry).loadUnaligned(as: UInt32.self)
    return UnsafeBufferPointer(start: entry + 4, count: Int(length))
  }

  func string(at index: Int) -> String { String(decoding: utf8(at: index), as: UTF8.self) }

  /// The index of what follows the value at `index`.
  func next(after index: Int) -> Int {
    switch kind(at: index) {
    case .array, .object: Int(UInt32(truncatingIfNeeded: words[index]))
    case .integer, .unsigned, .double: index + 2
    case .null, .bool, .string: index + 1
    }
  }

  /// The index of the closing word of the container at `index`.
  func end(ofContainerAt index: Int) -> Int {
    Int(UInt32(truncatingIfNeeded: words[index])) - 1
  }

  /// How many elements the array, or members the object, at `index` has.
  func count(ofContainerAt index: Int) -> Int {
    let stored = Int(words[index] >> 32) & Self.saturatedCount
    guard stored == Self.saturatedCount else { return stored }
    let keyWords = kind(at: index) == .object ? 1 : 0
    let end = end(ofContainerAt: index)
    var count = 0
    var at = index + 1
    while at < end {
      count += 1
      at = next(after: at + keyWords)
    }
    return count
  }
}
