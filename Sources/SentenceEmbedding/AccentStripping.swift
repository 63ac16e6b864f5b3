/// Takes accents off: canonical decomposition (NFD) without its nonspacing marks.
///
/// The standard library keeps its normalisation to itself and the one in Foundation brings a large
/// library with it, for a table of two thousand characters.
struct AccentStripping: Sendable {
  private let table: [UInt32: [Unicode.Scalar]]

  static let shared = AccentStripping()

  private init() {
    var table: [UInt32: [Unicode.Scalar]] = [:]
    var current: UInt32 = 0
    for word in AccentTable.source.split(whereSeparator: \.isWhitespace) {
      if word.first == "@" {
        current = UInt32(word.dropFirst(), radix: 16) ?? 0
        continue
      }
      let parts = word.split(separator: "*")
      let count = parts.count == 2 ? UInt32(parts[1]) ?? 1 : 1
      let text = parts[0].split(separator: "+").compactMap { number in
        UInt32(number, radix: 16).flatMap(Unicode.Scalar.init)
      }
      for _ in 0..<count {
        table[current] = text
        current += 1
      }
    }
    self.table = table
  }

  /// Calls `body` with what is left of `scalar`, one scalar after the other.
  func forEach(_ scalar: Unicode.Scalar, _ body: (Unicode.Scalar) -> Void) {
    let value = scalar.value
    if value < 0xC0 {
      body(scalar)
    } else if value >= 0xAC00 && value <= 0xD7A3 {
      decomposeHangul(value - 0xAC00, body)
    } else if let text = table[value] {
      text.forEach(body)
    } else if scalar.properties.generalCategory != .nonspacingMark {
      body(scalar)
    }
  }

  private func decomposeHangul(_ index: UInt32, _ body: (Unicode.Scalar) -> Void) {
    let jamo = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
    for (position, value) in jamo.enumerated() where position < 2 || index % 28 != 0 {
      if let scalar = Unicode.Scalar(value) { body(scalar) }
    }
  }
}
