extension JSONDiagnosis {
  mutating func scalar() throws(Fault) {
    switch current {
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): try number()
    default: throw Fault("expected value")
    }
  }

  private mutating func literal(_ text: StaticString) throws(Fault) {
    for offset in 0..<text.utf8CodeUnitCount {
      guard let byte = current else { throw Fault("EOF while parsing a value") }
      if byte != text.utf8Start[offset] { throw Fault("expected ident") }
      position += 1
    }
  }

  // MARK: Numbers

  private mutating func number() throws(Fault) {
    let start = position
    let negative = current == UInt8(ascii: "-")
    if negative { position += 1 }
    let first = position
    let leadingZero = current == UInt8(ascii: "0")
    try digits()
    let integerDigits = position - first
    if leadingZero && integerDigits > 1 {
      position = first + 1
      throw Fault("invalid number")
    }

    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits()
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    if isInteger {
      if fits64Bits(first..<position, negative: negative) { return }
      longIntegerEnds.append(position)
    }
    let text = bytes[start..<position]
    // Most numbers are far from the limit and need no conversion to prove it.
    if integerDigits < 300 && !text.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) { return }
    if let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite { return }
    throw Fault("number out of range")
  }

  private mutating func digits() throws(Fault) {
    let start = position
    while let byte = current, Self.isDigit(byte) { position += 1 }
    if position == start {
      throw Fault(current == nil ? "EOF while parsing a value" : "invalid number")
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private func fits64Bits(_ range: Range<Int>, negative: Bool) -> Bool {
    if range.count > 20 { return false }
    var magnitude: UInt64 = 0
    for byte in bytes[range] {
      let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if tooLarge || carried { return false }
      magnitude = sum
    }
    return !negative || magnitude <= Int64.min.magnitude
  }

  // MARK: Strings

  mutating func string() throws(Fault) {
    position += 1
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        try escape()
      case 0..<0x20:
        throw Fault("control character (\\u0000-\\u001F) found while parsing a string")
      case 0x20..<0x80:
        position += 1
      default:
        guard let length = lengthOfScalar() else { throw Fault("invalid unicode code point") }
        position += length
      }
    }
    throw Fault("EOF while parsing a string")
  }

  private mutating func escape() throws(Fault) {
    position += 1
    switch current {
    case nil: throw Fault("EOF while parsing a string")
    case UInt8(ascii: "u"):
      position += 1
      let unit = try hexUnit()
      switch unit {
      case 0xDC00...0xDFFF: throw Fault("lone leading surrogate in hex escape")
      case 0xD800...0xDBFF: try trailingSurrogate()
      default: break
      }
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    default: throw Fault("invalid escape")
    }
  }

  private mutating func trailingSurrogate() throws(Fault) {
    for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
      if current == nil { throw Fault("EOF while parsing a string") }
      if current != expected { throw Fault("unexpected end of hex escape") }
      position += 1
    }
    let unit = try hexUnit()
    if !(0xDC00...0xDFFF).contains(unit) { throw Fault("lone leading surrogate in hex escape") }
  }

  private mutating func hexUnit() throws(Fault) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current else { throw Fault("EOF while parsing a string") }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw Fault("invalid escape")
      }
      unit = unit << 4 | UInt32(digit)
      position += 1
    }
    return unit
  }

  /// The length of the well-formed multi-byte sequence at the current position, `nil` if it is not.
  private func lengthOfScalar() -> Int? {
    let lead = bytes[position]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return nil
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else {
      return nil
    }
    for continuation in bytes[(position + 2)..<(position + length)]
    where continuation & 0xC0 != 0x80 {
      return nil
    }
    return length
  }
}
