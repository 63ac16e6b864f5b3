import FastJSON
import PointModel
import TextAnalysis

/// What is wanted of the words of texts.
struct TextMatch {
  private let analyzer: TextAnalyzer
  private let wanted: Wanted
  private let joinsValues: Bool

  enum Demand {
    case all(String)
    case any(String)
    case phrase(String)

    /// `nil` when `match` does not look at words.
    init?(_ match: MatchCondition) {
      switch match {
      case .text(let text): self = .all(text)
      case .textAny(let text): self = .any(text)
      case .phrase(let text): self = .phrase(text)
      case .value, .any, .except, .prefix: return nil
      }
    }
  }

  fileprivate enum Wanted {
    case all(Set<String>)
    case any(Set<String>)
    case phrase(WordSequence)
  }

  /// - Parameter pace: ends it early; the match is of no use then.
  init(_ demand: Demand, as field: TextField, _ pace: PayloadPace) {
    joinsValues = field.joinsValues
    analyzer = TextAnalyzer(field.params)
    switch demand {
    case .all(let text): wanted = .all(analyzer.queryTokens(text, pace))
    case .any(let text): wanted = .any(analyzer.queryTokens(text, pace))
    case .phrase(let text):
      let words =
        field.params.phraseMatching == true ? analyzer.documentTokens(text, pace) : []
      wanted = .phrase(WordSequence(words))
    }
  }

  /// Whether texts at `key` are as wanted. Without words to look for none is.
  func holds(at key: PayloadPath, in payload: JSONElement, _ pace: PayloadPace) -> Bool {
    if wanted.isNothing { return false }
    var missing: Set<String> = []
    if case .all(let tokens) = wanted { missing = tokens }
    return key.containsElement(in: payload) { value in
      guard let text = value.string, pace.step(text.utf8.count) else { return false }
      switch wanted {
      case .any(let tokens): return finds(in: text, pace) { tokens.contains($0) }
      case .phrase(let phrase):
        var place = 0
        return finds(in: text, pace) { phrase.isComplete(with: $0, at: &place) }
      case .all(let tokens):
        if !joinsValues { missing = tokens }
        return finds(in: text, pace) { word in
          missing.remove(word)
          return missing.isEmpty
        }
      }
    }
  }

  /// Whether one of a text's words is the one that is looked for. Those after it are not looked at.
  private func finds(
    in text: String, _ pace: PayloadPace, _ isLast: (String) -> Bool
  ) -> Bool {
    var isFound = false
    let goesOn = { !isFound && pace.goOnWithText() }
    analyzer.forEachDocumentToken(of: text, while: goesOn) { word in
      if !isFound { isFound = isLast(word) }
    }
    return isFound
  }
}

extension TextMatch.Wanted {
  fileprivate var isNothing: Bool {
    switch self {
    case .all(let tokens), .any(let tokens): tokens.isEmpty
    case .phrase(let phrase): phrase.isEmpty
    }
  }
}

extension TextAnalyzer {
  /// The different tokens of a text that is searched for; some of them when `pace` is over.
  func queryTokens(_ text: String, _ pace: PayloadPace) -> Set<String> {
    var tokens: Set<String> = []
    forEachQueryToken(of: text, while: pace.goOnWithText) { tokens.insert($0) }
    return tokens
  }

  /// The tokens of a stored text, in order; the first of them when `pace` is over.
  func documentTokens(_ text: String, _ pace: PayloadPace) -> [String] {
    var tokens: [String] = []
    forEachDocumentToken(of: text, while: pace.goOnWithText) { tokens.append($0) }
    return tokens
  }
}

/// Words that are looked for one after another, in a row of words that is passed once (Knuth,
/// Morris and Pratt, 1977).
private struct WordSequence {
  private let words: [String]
  /// How many of the first words the words up to each place end with, it itself left out.
  private let repeated: [Int]

  init(_ words: [String]) {
    self.words = words
    var repeated = [Int](repeating: 0, count: words.count)
    var length = 0
    for place in words.indices.dropFirst() {
      while length > 0, words[place] != words[length] { length = repeated[length - 1] }
      if words[place] == words[length] { length += 1 }
      repeated[place] = length
    }
    self.repeated = repeated
  }

  var isEmpty: Bool { words.isEmpty }

  /// Whether the sequence ends with the next word, after `place` of its words.
  func isComplete(with word: String, at place: inout Int) -> Bool {
    while place > 0, words[place] != word { place = repeated[place - 1] }
    if words[place] == word { place += 1 }
    return place == words.count
  }
}
