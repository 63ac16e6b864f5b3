import FastJSON
import PointModel
import TextAnalysis

/// What is wanted of the words of texts.
struct TextMatch {
  private let analyzer: TextAnalyzer
  private let demand: Demand
  /// The words looked for; none of them twice, unless in a phrase.
  private let tokens: [String]
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

  init(_ demand: Demand, as field: TextField) {
    self.demand = demand
    joinsValues = field.joinsValues
    analyzer = TextAnalyzer(field.params)
    switch demand {
    case .all(let text), .any(let text):
      var seen: Set<String> = []
      tokens = analyzer.queryTokens(text).filter { seen.insert($0).inserted }
    case .phrase(let text):
      tokens = field.params.phraseMatching == true ? analyzer.documentTokens(text) : []
    }
  }

  /// Whether texts at `key` are as wanted. Without words to look for none is.
  func holds(at key: PayloadPath, in payload: JSONElement, _ pace: ConditionPace) -> Bool {
    guard !tokens.isEmpty else { return false }
    var missing = tokens
    return key.containsElement(in: payload) { value in
      guard let text = value.string, pace.step(text.utf8.count) else { return false }
      let words = analyzer.documentTokens(text)
      switch demand {
      case .any: return words.contains { tokens.contains($0) }
      case .phrase: return contains(phrase: tokens, in: words)
      case .all:
        if !joinsValues { missing = tokens }
        missing.removeAll { words.contains($0) }
        return missing.isEmpty
      }
    }
  }

  private func contains(phrase: [String], in words: [String]) -> Bool {
    guard words.count >= phrase.count else { return false }
    return (0...words.count - phrase.count).contains { start in
      words[start..<start + phrase.count].elementsEqual(phrase)
    }
  }
}
