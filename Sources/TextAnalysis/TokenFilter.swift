import PointModel

/// What is done to each word on its way to a token: folding, lower case, stopwords, stemming, and
/// bounds on its length, in this order.
struct TokenFilter: Sendable {
  private let foldsASCII: Bool
  private let lowercases: Bool
  private let stopwords: Set<String>
  private let stemmer: SnowballStemmer?
  private let minLength: Int?
  private let maxLength: Int?

  /// Characters of the longest beginning of a word that is kept: a word of a megabyte has as many
  /// beginnings, of half a terabyte together.
  private static let beginningMax = 128

  init(_ params: TextIndexParams) {
    foldsASCII = params.asciiFolding ?? false
    lowercases = params.lowercase ?? true
    stopwords = StopwordList.words(params.stopwords, lowercased: lowercases)
    stemmer =
      switch params.stemmer {
      case .snowball(let language): SnowballStemmer(language)
      case .some(.none), nil: nil
      }
    minLength = params.minTokenLength
    maxLength = params.maxTokenLength
  }

  /// The token of a word; `nil` when it is left out. A word of which beginnings are wanted may be
  /// of any greater length.
  func token(_ word: String, isBeginning: Bool = false) -> String? {
    let word = folded(word)
    if stopwords.contains(word) { return nil }
    let token = stemmer?.stem(word) ?? word
    if let minLength, token.unicodeScalars.count < minLength { return nil }
    if !isBeginning, let maxLength, token.unicodeScalars.count > maxLength { return nil }
    return token
  }

  /// The beginnings of a token that are indexed, the shortest first.
  func beginnings(_ token: String) -> [String] {
    let scalars = token.unicodeScalars
    var beginnings: [String] = []
    var end = scalars.startIndex
    var length = 0
    while end < scalars.endIndex {
      end = scalars.index(after: end)
      length += 1
      if length > longestBeginning { break }
      if length >= minLength ?? 1 { beginnings.append(String(scalars[..<end])) }
    }
    return beginnings
  }

  /// What stands for a searched word among the beginnings of stored ones. Stopwords remain, as they
  /// may be the beginning of other words.
  func searchedBeginning(_ word: String) -> String? {
    let word = folded(word)
    let token = stemmer?.stem(word) ?? word
    let length = token.unicodeScalars.count
    if let minLength, length < minLength { return nil }
    return length > longestBeginning
      ? String(token.unicodeScalars.prefix(longestBeginning)) : token
  }

  private var longestBeginning: Int { min(maxLength ?? .max, Self.beginningMax) }

  private func folded(_ word: String) -> String {
    let folded = foldsASCII ? ASCIIFolding.shared.fold(word) : word
    return lowercases ? folded.lowercasedInContext() : folded
  }
}
