/// Random choices that can be made again: SplitMix64.
struct FuzzSource: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func number(below end: Int) -> Int { Int.random(in: 0..<max(1, end), using: &self) }

  /// True once in so many times.
  mutating func chance(_ times: Int) -> Bool { number(below: times) == 0 }

  /// A number of any size, often a small one or one at an edge.
  mutating func integer() -> UInt64 {
    switch number(below: 5) {
    case 0: UInt64(number(below: 4))
    case 1: next() >> UInt64(number(below: 64))
    case 2: 1 << UInt64(number(below: 64))
    case 3: (1 << UInt64(number(below: 64))) &- 1
    default: UInt64(number(below: 200))
    }
  }

  /// A number, often a small one, at times none.
  mutating func double() -> Double {
    switch number(below: 4) {
    case 0: Double(bitPattern: next())
    case 1: [.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude][number(below: 5)]
    default: Double(number(below: 2000) - 1000) / 8
    }
  }

  /// A text as requests have it.
  mutating func text() -> String {
    let texts = [
      "", "a", "city", "a.b[]", "$score", "$score[1]", "nested[].x", "\"quoted\"", "é\u{301}",
      "00000000-0000-0000-0000-000000000001", "2024-01-01T00:00:00Z", "\u{0}", "keyword", "Cosine",
      "collection", "8", "english", String(repeating: "x", count: 300),
    ]
    return texts[number(below: texts.count)]
  }

  /// Changes bytes as accidents and attackers do.
  mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = (0..<number(below: 16)).map { _ in UInt8(truncatingIfNeeded: next()) }
      return
    }
    let place = number(below: bytes.count)
    switch number(below: 7) {
    case 0: bytes[place] ^= 1 << UInt8(number(below: 8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
    case 2: bytes[place] = [0, 0x7f, 0x80, 0xff][number(below: 4)]
    case 3: bytes.removeLast(bytes.count - place)
    case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + number(below: 8)))
    case 5:
      let end = min(bytes.count, place + 1 + number(below: 64))
      bytes.insert(contentsOf: bytes[place..<end], at: number(below: bytes.count))
    default: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
    }
  }
}
