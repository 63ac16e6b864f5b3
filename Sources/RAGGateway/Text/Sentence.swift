/// One unit of a text that is never broken when the text is divided or quoted.
package struct Sentence: Sendable, Equatable {
  /// What kind of text it is.
  package enum Kind: Sendable, Equatable {
    case prose
    /// One line of code, its indentation kept.
    case code
    case heading
  }

  package let text: String
  package let kind: Kind
  /// Whether a paragraph starts here.
  package let opensParagraph: Bool

  package init(text: String, kind: Kind, opensParagraph: Bool) {
    self.text = text
    self.kind = kind
    self.opensParagraph = opensParagraph
  }

  /// Its length in words.
  package var wordCount: Int { WordCount.of(text) }
}
