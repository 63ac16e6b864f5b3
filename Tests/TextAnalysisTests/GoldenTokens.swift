import Foundation
import PointModel

/// What Qdrant's own engine makes of a text: the hashes of its tokens, each once, ascending.
struct GoldenTokens: Decodable {
  let text: String
  /// Whether the text is searched for, not stored.
  let query: Bool
  let ids: [Int64]
  let tokenizer: String?
  let lowercase: Bool?
  let asciiFolding: Bool?
  let minTokenLength: Int?
  let maxTokenLength: Int?
  let stemmer: String?
  let languages: [String]?
  let custom: [String]?

  enum CodingKeys: String, CodingKey {
    case text, query, ids, tokenizer, lowercase, stemmer, languages, custom
    case asciiFolding = "ascii_folding"
    case minTokenLength = "min_token_len"
    case maxTokenLength = "max_token_len"
  }

  static func all() throws -> [GoldenTokens] {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/tokens.json")
    return try JSONDecoder().decode([GoldenTokens].self, from: Data(contentsOf: file))
  }

  var params: TextIndexParams {
    TextIndexParams(
      tokenizer: tokenizer.flatMap(TextIndexParams.Tokenizer.init) ?? .word,
      minTokenLength: minTokenLength, maxTokenLength: maxTokenLength, lowercase: lowercase,
      asciiFolding: asciiFolding,
      stopwords: .set(
        languages: languages?.compactMap(StopwordLanguage.init(rawValue:)), custom: custom),
      stemmer: stemmer.flatMap(SnowballLanguage.init(rawValue:)).map(Stemmer.snowball))
  }

  /// The engine's number for a token: MurmurHash3 of 32 bits (Appleby, 2011), without its sign.
  static func id(_ token: String) -> Int64 {
    let bytes = Array(token.utf8)
    var hash: UInt32 = 0
    func mixed(_ word: UInt32) -> UInt32 {
      let product = word &* 0xcc9e_2d51
      return (product << 15 | product >> 17) &* 0x1b87_3593
    }
    var position = 0
    while position + 4 <= bytes.count {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << UInt32(8 * $1) }
      hash ^= mixed(word)
      hash = (hash << 13 | hash >> 19) &* 5 &+ 0xe654_6b64
      position += 4
    }
    let rest = bytes[position...].enumerated()
    if position < bytes.count {
      hash ^= mixed(rest.reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) })
    }
    hash ^= UInt32(bytes.count)
    hash = (hash ^ hash >> 16) &* 0x85eb_ca6b
    hash = (hash ^ hash >> 13) &* 0xc2b2_ae35
    hash ^= hash >> 16
    return abs(Int64(Int32(bitPattern: hash)))
  }
}
