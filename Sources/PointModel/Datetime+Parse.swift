extension Datetime {
  /// Reads RFC 3339 and what Qdrant takes beside it: a date alone, a time without seconds or
  /// without a zone (then in UTC), a blank in place of `T`, digits left out. `nil` for other text.
  public init?(_ text: String) {
    var text = text
    let parsed = text.withUTF8 { Datetime(utf8: $0) }
    guard let parsed else { return nil }
    self = parsed
  }

  /// Reads UTF-8; see ``init(_:)``.
  public init?(utf8: UnsafeBufferPointer<UInt8>) {
    var scanner = DatetimeScanner(utf8)
    guard let moment = scanner.moment() else { return nil }
    self = moment
  }
}

/// Reads a moment from text, by the union of the formats that Qdrant tries in turn.
private struct DatetimeScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  /// Whether something was met that is allowed in front of a zone only.
  private var needsZone = false

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  mutating func moment() -> Datetime? {
    guard let date = date() else { return nil }
    let midnight = date.daysSinceEpoch * 86_400
    if isAtEnd { return needsZone ? nil : Datetime(seconds: midnight) }
    if take(UInt8(ascii: "t")) {
      needsZone = true
    } else if !take(UInt8(ascii: "T")) {
      skipBlanks()
    }
    guard let time = time() else { return nil }
    let seconds = midnight + time.seconds
    if isAtEnd { return needsZone ? nil : Datetime(seconds: seconds, fraction: time.fraction) }
    guard time.hasSeconds else { return nil }
    skipBlanks()
    guard let offset = zone() else { return nil }
    return Datetime(seconds: seconds - offset, fraction: time.fraction)
  }

  private mutating func date() -> CivilDate? {
    skipBlanks()
    var sign: Int64 = 1
    var width = 4
    if take(UInt8(ascii: "-")) {
      (sign, width) = (-1, .max)
    } else if take(UInt8(ascii: "+")) {
      width = .max
    }
    guard let year = number(width), Datetime.years.contains(Int(sign * year)),
      takeSeparator(UInt8(ascii: "-")), let month = spacedNumber(),
      takeSeparator(UInt8(ascii: "-")), let day = spacedNumber()
    else { return nil }
    return CivilDate(year: sign * year, month: month, day: day)
  }

  private mutating func time() -> (seconds: Int64, fraction: UInt32, hasSeconds: Bool)? {
    guard let hour = spacedNumber(), hour < 24, takeSeparator(UInt8(ascii: ":")),
      let minute = spacedNumber(), minute < 60
    else { return nil }
    let start = hour * 3600 + minute * 60
    let beforeSeconds = index
    guard takeSeparator(UInt8(ascii: ":")) else {
      index = beforeSeconds
      return (start, 0, false)
    }
    guard let second = spacedNumber(), second <= 60, let fraction = fraction() else { return nil }
    return second == 60
      ? (start + 59, fraction + 1_000_000, true) : (start + second, fraction, true)
  }

  /// Microseconds; digits beyond are cut off.
  private mutating func fraction() -> UInt32? {
    guard take(UInt8(ascii: ".")) else { return 0 }
    var value: UInt32 = 0
    var digits = 0
    while index < bytes.count, let digit = digit(at: index) {
      if digits < 6 { value = value * 10 + UInt32(digit) }
      digits += 1
      index += 1
    }
    guard digits > 0 else { return nil }
    for _ in 0..<max(0, 6 - digits) { value *= 10 }
    return value
  }

  /// Seconds east of Greenwich, behind which there must be nothing but blanks.
  private mutating func zone() -> Int64? {
    if take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) || takeUTC() {
      skipBlanks()
      return isAtEnd ? 0 : nil
    }
    let sign: Int64
    if take(UInt8(ascii: "+")) {
      sign = 1
    } else if take(UInt8(ascii: "-")) || takeMinusSign() {
      sign = -1
    } else {
      return nil
    }
    guard let hours = twoDigits(), hours < 24 else { return nil }
    skipBlanks(or: UInt8(ascii: ":"))
    if isAtEnd { return sign * hours * 3600 }
    guard let minutes = twoDigits(), minutes < 60 else { return nil }
    skipBlanks()
    return isAtEnd ? sign * (hours * 3600 + minutes * 60) : nil
  }

  private var isAtEnd: Bool { index == bytes.count }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  /// A separator; blanks in front of it are allowed in moments with a zone.
  private mutating func takeSeparator(_ byte: UInt8) -> Bool {
    let start = index
    skipBlanks()
    let isSpaced = index > start
    guard take(byte) else { return false }
    if isSpaced { needsZone = true }
    return true
  }

  /// One or two digits behind any blanks.
  private mutating func spacedNumber() -> Int64? {
    skipBlanks()
    return number(2)
  }

  /// Up to `width` digits, at least one.
  private mutating func number(_ width: Int) -> Int64? {
    var value: Int64 = 0
    let start = index
    while index < bytes.count, index - start < width, let digit = digit(at: index) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow, product <= .max - 9 else { return nil }
      value = product + Int64(digit)
      index += 1
    }
    return index > start ? value : nil
  }

  private mutating func twoDigits() -> Int64? {
    guard index + 1 < bytes.count, let tens = digit(at: index), let ones = digit(at: index + 1)
    else { return nil }
    index += 2
    return Int64(tens * 10 + ones)
  }

  private func digit(at index: Int) -> UInt8? {
    let digit = bytes[index] &- UInt8(ascii: "0")
    return digit < 10 ? digit : nil
  }

  private mutating func takeUTC() -> Bool {
    let name: [UInt8] = Array("utc".utf8)
    guard bytes.count - index >= 3, zip(bytes[index...], name).allSatisfy({ $0 | 0x20 == $1 })
    else { return false }
    index += 3
    return true
  }

  /// U+2212, which RFC 3339 knows beside the hyphen.
  private mutating func takeMinusSign() -> Bool {
    guard let (scalar, length) = wideScalar(), scalar == "\u{2212}" else { return false }
    index += length
    return true
  }

  private mutating func skipBlanks(or other: UInt8? = nil) {
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0x20 || (0x09...0x0d).contains(byte) || byte == other {
        index += 1
      } else if byte >= 0x80, let (scalar, length) = wideScalar(), scalar.properties.isWhitespace {
        index += length
      } else {
        return
      }
    }
  }

  /// The scalar of several bytes that starts here.
  private func wideScalar() -> (Unicode.Scalar, length: Int)? {
    guard index < bytes.count, bytes[index] >= 0x80 else { return nil }
    let end = min(bytes.count, index + 4)
    guard let scalar = String(decoding: bytes[index..<end], as: UTF8.self).unicodeScalars.first
    else { return nil }
    return (scalar, scalar.utf8.count)
  }
}
