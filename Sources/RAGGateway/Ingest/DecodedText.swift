import CTextEncodings

/// A file's text with the encoding that was found.
package struct DecodedText: Sendable, Equatable {
  /// How the encoding is known.
  package enum Certainty: Sendable, Equatable {
    /// The bytes are valid UTF-8, or a mark at their beginning says what they are.
    case known
    /// The text itself says so.
    case declared
    /// By the statistics of the bytes.
    case guessed
    /// Mostly valid UTF-8, with bytes between that are not.
    case damaged
  }

  /// The text.
  package let text: String
  /// The encoding's name.
  package let encoding: String
  /// How the encoding is known.
  package let certainty: Certainty

  /// Bytes at the beginning of a text in which its encoding may be declared.
  private static let declarationBytesMax = 2_048
  /// Bytes of a text that a guess at its encoding is made of.
  private static let sampleBytesMax = 64 << 10
  /// How sure a guess must be, of 100: noise is taken for something at less than this.
  private static let leastConfidence: Int32 = 10

  /// Reads text in the encoding that a mark or a declaration names, in UTF-8, or in the one that
  /// the bytes look like most.
  ///
  /// - Throws: `IngestError.notText` for bytes that are no text in any encoding,
  ///   `IngestError.unknownEncoding` when they may be and none can be told.
  package init(_ bytes: [UInt8]) throws(IngestError) {
    if let marked = Self.mark(of: bytes) {
      self = try Self.convert(bytes[marked.length...], from: marked.encoding, .known)
    } else if bytes.contains(0) {
      guard let wide = Self.wideEncoding(of: bytes) else { throw .notText }
      self = try Self.convert(bytes[...], from: wide, .guessed)
    } else if let text = String(validating: bytes, as: UTF8.self) {
      if let shifting = Self.shiftingEncoding(of: bytes),
        let decoded = try? Self.convert(bytes[...], from: shifting, .known)
      {
        self = decoded
        return
      }
      guard !Self.isNoise(text) else { throw .notText }
      self.init(text: text, encoding: "UTF-8", certainty: .known)
    } else if let declared = Self.declaration(in: bytes), !Self.isUTF8(declared),
      let decoded = try? Self.convert(bytes[...], from: declared, .declared)
    {
      self = decoded
    } else if let text = Self.damagedText(of: bytes) {
      self.init(text: text, encoding: "UTF-8", certainty: .damaged)
    } else {
      self = try Self.guess(bytes)
    }
  }

  /// Reads text in the encoding that something beside it names, as the header of a mail does, where
  /// it is that.
  package init(_ bytes: [UInt8], charset: String) throws(IngestError) {
    let isWide = ["utf-16", "utf-32", "ucs-"].contains { charset.lowercased().hasPrefix($0) }
    let isOther =
      isWide
      ? bytes.contains(0)
      : bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) == nil
    if isOther, !charset.isEmpty, !Self.isUTF8(charset), Self.mark(of: bytes) == nil,
      let decoded = try? Self.convert(bytes[...], from: Self.standard(charset), .declared)
    {
      self = decoded
    } else {
      self = try DecodedText(bytes)
    }
  }

  private init(text: String, encoding: String, certainty: Certainty) {
    self.text = text
    self.encoding = encoding
    self.certainty = certainty
  }

  /// What a reader of the file should be told; `nil` when nothing is in doubt.
  package var remark: String? {
    switch certainty {
    case .known: nil
    case .declared: "read as \(encoding), as it says"
    case .guessed: "neither UTF-8 nor marked, read as \(encoding), which is a guess"
    case .damaged: "read as UTF-8, some of whose bytes are not"
    }
  }

  private static func mark(of bytes: [UInt8]) -> (encoding: String, length: Int)? {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return ("UTF-8", 3) }
    if bytes.starts(with: [0xff, 0xfe, 0, 0]) { return ("UTF-32LE", 4) }
    if bytes.starts(with: [0, 0, 0xfe, 0xff]) { return ("UTF-32BE", 4) }
    if bytes.starts(with: [0xff, 0xfe]) { return ("UTF-16LE", 2) }
    if bytes.starts(with: [0xfe, 0xff]) { return ("UTF-16BE", 2) }
    return nil
  }

  /// The encoding of bytes that switch between alphabets by escape sequences, as Japanese and
  /// Korean mails do: they are all below 128.
  private static func shiftingEncoding(of bytes: [UInt8]) -> String? {
    let escape: UInt8 = 0x1b
    var rest = bytes[...]
    while let found = rest.firstIndex(of: escape) {
      rest = rest[(found + 1)...]
      for (mark, name) in [
        ("$@", "ISO-2022-JP"), ("$B", "ISO-2022-JP"), ("$(D", "ISO-2022-JP-1"),
        ("$)C", "ISO-2022-KR"),
      ] where rest.starts(with: mark.utf8) {
        return name
      }
    }
    return nil
  }

  /// UTF-8 that was cut, or that another encoding was put into; `nil` when it is rather not that.
  private static func damagedText(of bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    var (whole, broken) = (0, 0)
    for scalar in text.unicodeScalars where scalar.value >= 0x80 {
      if scalar == "\u{fffd}" { broken += 1 } else { whole += 1 }
    }
    return whole >= 3 * broken && !isNoise(text) ? text : nil
  }

  private static func isUTF8(_ name: String) -> Bool {
    ["utf-8", "utf8"].contains(name.lowercased())
  }

  /// UTF-16 without a mark: every other byte is zero for Latin text, and for text of another script
  /// that has spaces now and then zero, else the number of that script.
  private static func wideEncoding(of bytes: [UInt8]) -> String? {
    let sample = bytes.prefix(sampleBytesMax)
    guard bytes.count.isMultiple(of: 2), bytes.count >= 4 else { return nil }
    var zeros = (even: 0, odd: 0)
    for (index, byte) in sample.enumerated() where byte == 0 {
      if index.isMultiple(of: 2) { zeros.even += 1 } else { zeros.odd += 1 }
    }
    if zeros.even == 0, hasFewScripts(sample, from: 1) { return "UTF-16LE" }
    if zeros.odd == 0, hasFewScripts(sample, from: 0) { return "UTF-16BE" }
    return nil
  }

  /// Whether nine tenths of every other byte are zero or the one value that is most frequent
  /// beside.
  private static func hasFewScripts(_ sample: ArraySlice<UInt8>, from start: Int) -> Bool {
    var counts = [Int](repeating: 0, count: 256)
    for index in stride(from: start, to: sample.count, by: 2) { counts[Int(sample[index])] += 1 }
    let most = counts.dropFirst().max() ?? 0
    return (counts[0] + most) * 10 > sample.count / 2 * 9
  }

  /// The encoding that HTML, XML, or an editor's `coding:` names at the beginning.
  private static func declaration(in bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(declarationBytesMax), as: UTF8.self).lowercased()
    for key in ["charset", "encoding", "coding"] {
      var rest = head[...]
      while let found = rest.firstRange(of: key) {
        rest = rest[found.upperBound...]
        let value = rest.drop { $0 == " " || $0 == "\t" }
        guard value.first == "=" || value.first == ":" else { continue }
        let name = value.dropFirst().drop { " \t\"'".contains($0) }
          .prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.:".contains($0)) }
        if !name.isEmpty { return standard(String(name)) }
      }
    }
    return nil
  }

  /// What is called Latin-1 is Windows-1252 nearly everywhere, as browsers know.
  private static func standard(_ name: String) -> String {
    switch name.lowercased() {
    case "iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii": "windows-1252"
    case "iso-8859-9": "windows-1254"
    default: name
    }
  }

  private static func guess(_ bytes: [UInt8]) throws(IngestError) -> DecodedText {
    let sample = bytes.prefix(sampleBytesMax)
    let controls = sample.count { $0 < 0x20 && !(0x07...0x0d).contains($0) && $0 != 0x1b }
    guard controls * 100 <= sample.count else { throw .notText }
    var name = [CChar](repeating: 0, count: 64)
    let confidence = sample.withContiguousStorageIfAvailable { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        quiver_encoding_guess($0.baseAddress, Int32($0.count), &name, Int32(name.count))
      }
    }
    guard let confidence, confidence >= leastConfidence else { throw .unknownEncoding }
    let end = name.firstIndex(of: 0) ?? name.endIndex
    let found = String(decoding: name[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return try convert(bytes[...], from: standard(found), .guessed)
  }

  private static func convert(
    _ bytes: ArraySlice<UInt8>, from encoding: String, _ certainty: Certainty
  ) throws(IngestError) -> DecodedText {
    var capacity = bytes.count + 16
    while true {
      var length = 0
      let units = [UInt16](unsafeUninitializedCapacity: capacity) { buffer, count in
        length = Int(
          bytes.withUnsafeBytes { raw in
            quiver_encoding_convert(
              encoding, raw.bindMemory(to: CChar.self).baseAddress, Int32(clamping: raw.count),
              buffer.baseAddress, Int32(clamping: capacity))
          })
        count = max(0, min(length, capacity))
      }
      guard length >= 0 else { throw .unknownEncoding }
      if length > capacity {
        capacity = length
        continue
      }
      let text = String(decoding: units, as: UTF16.self)
      guard !isNoise(text) else { throw .notText }
      return DecodedText(text: text, encoding: encoding, certainty: certainty)
    }
  }

  /// Whether more than one character in fifty is a control character, or broken.
  private static func isNoise(_ text: String) -> Bool {
    var strange = 0
    var count = 0
    for scalar in text.unicodeScalars.prefix(sampleBytesMax) {
      count += 1
      switch scalar.value {
      case 0x07...0x0d, 0x1b: break
      case 0..<0x20, 0x7f..<0xa0, 0xfffd: strange += 1
      default: break
      }
    }
    return strange * 50 > count
  }
}
