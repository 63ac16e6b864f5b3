/// The first stage of BERT's tokenizer, fed one scalar at a time: cleans a text, takes the accents
/// off, lower-cases it, and splits it into words, punctuation marks and single CJK characters.
struct BasicTokenizer {
  /// Receives the UTF-8 bytes of a word and its length in scalars.
  typealias Emit = (ArraySlice<UInt8>, Int) -> Void

  private let accents = AccentStripping.shared
  private var word: [UInt8] = []
  private var length = 0

  mutating func feed(_ scalar: Unicode.Scalar, _ emit: Emit) {
    if scalar.isASCII {
      feedASCII(UInt8(truncatingIfNeeded: scalar.value), emit)
    } else if Self.isDropped(scalar) {
      return
    } else if scalar.properties.isWhitespace {
      finish(emit)
    } else if Self.isIdeograph(scalar.value) {
      finish(emit)
      normalize(scalar, emit)
      finish(emit)
    } else {
      normalize(scalar, emit)
    }
  }

  /// Ends the word in progress. To be called after the last scalar.
  mutating func finish(_ emit: Emit) {
    guard length > 0 else { return }
    emit(word[...], length)
    word.removeAll(keepingCapacity: true)
    length = 0
  }

  private mutating func feedASCII(_ byte: UInt8, _ emit: Emit) {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"):
      word.append(byte | 0x20)
      length += 1
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      word.append(byte)
      length += 1
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      finish(emit)
    case 0..<0x20, 0x7F:
      break
    default:
      // What remains of ASCII is punctuation, also the signs that Unicode calls symbols.
      finish(emit)
      word.append(byte)
      length = 1
      finish(emit)
    }
  }

  private mutating func normalize(_ scalar: Unicode.Scalar, _ emit: Emit) {
    accents.forEach(scalar) { base in
      if base.isASCII {
        feedASCII(UInt8(truncatingIfNeeded: base.value), emit)
      } else if base.properties.changesWhenLowercased {
        for lower in base.properties.lowercaseMapping.unicodeScalars { append(lower, emit) }
      } else {
        append(base, emit)
      }
    }
  }

  private mutating func append(_ scalar: Unicode.Scalar, _ emit: Emit) {
    let isPunctuation = Self.isPunctuation(scalar)
    if isPunctuation { finish(emit) }
    Unicode.UTF8.encode(scalar).map { word.append(contentsOf: $0) }
    length += 1
    if isPunctuation { finish(emit) }
  }

  private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: true
    default: scalar.value == 0xFFFD
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// The blocks that BERT treats as Chinese characters: each is a word of its own. Kana and Hangul
  /// are not among them.
  private static func isIdeograph(_ value: UInt32) -> Bool {
    switch value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2CEAF,
      0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
