import FastJSON

/// Cuts a section into passages at sentence boundaries.
package struct PassageSplitter: Sendable {
  /// Tokens that a passage has at most, by estimate; the embedding model reads 256, title included.
  package var targetTokens = 200
  /// Tokens, at most, that a passage repeats of the one before.
  package var overlapTokens = 40
  /// A heading within a text begins a new passage once the one before has so many tokens.
  package var tokensBeforeHeading = 60

  private let measure: @Sendable (String) -> Int

  /// A splitter with the measures that suit the embedding model.
  package init() {
    self.init { TokenEstimate.of($0) }
  }

  /// A splitter that counts tokens with `measure`.
  package init(measure: @escaping @Sendable (String) -> Int) {
    self.measure = measure
  }

  /// The passages of `text`, in order. One sentence longer than a passage is cut between words,
  /// and one word longer than a passage within.
  package func passages(of text: String) -> [String] {
    let sentences = SentenceSplitter.sentences(of: text).flatMap { cut($0) }
    var passages: [String] = []
    var current: [Sentence] = []
    var size = 0
    var isFresh = false
    for sentence in sentences {
      let length = tokens(of: sentence)
      let opens = sentence.kind == .heading && size >= tokensBeforeHeading
      if isFresh, opens || size + length > targetTokens {
        // A heading belongs to what follows it.
        var headings: [Sentence] = []
        while current.count > 1, let last = current.last, last.kind == .heading {
          headings.insert(last, at: 0)
          current.removeLast()
        }
        passages.append(Self.join(current))
        current =
          headings.isEmpty ? overlap(of: current, before: sentence, length: length) : headings
        size = current.reduce(0) { $0 + tokens(of: $1) }
      }
      current.append(sentence)
      size += length
      isFresh = true
    }
    if isFresh { passages.append(Self.join(current)) }
    return passages.filter { !$0.isEmpty }
  }

  /// The last sentence, when it is short prose that leads on to `next`.
  private func overlap(
    of passage: [Sentence], before next: Sentence, length: Int
  ) -> [Sentence] {
    guard let last = passage.last, last.kind == .prose, next.kind != .heading, passage.count > 1
    else { return [] }
    let own = tokens(of: last)
    return own <= overlapTokens && own + length <= targetTokens ? [last] : []
  }

  private func tokens(of sentence: Sentence) -> Int { measure(sentence.text) }

  private func cut(_ sentence: Sentence) -> [Sentence] {
    guard tokens(of: sentence) > targetTokens else { return [sentence] }
    var pieces: [Sentence] = []
    var piece = ""
    var size = 0
    // Scripts without spaces have no words to cut between, so pieces of a word's size stand in.
    for part in sentence.text.split(separator: " ").flatMap({ Self.chop($0) }) {
      let length = measure(part.text)
      if size + length > targetTokens, !piece.isEmpty {
        pieces.append(
          Sentence(
            text: piece, kind: sentence.kind,
            opensParagraph: pieces.isEmpty && sentence.opensParagraph))
        piece = ""
        size = 0
      }
      piece += (piece.isEmpty || part.joins ? "" : " ") + part.text
      size += length
    }
    pieces.append(
      Sentence(
        text: piece, kind: sentence.kind, opensParagraph: pieces.isEmpty && sentence.opensParagraph)
    )
    return pieces
  }

  private static func chop(_ word: Substring) -> [(text: String, joins: Bool)] {
    let size = 40
    var parts: [(text: String, joins: Bool)] = []
    var rest = word
    while !rest.isEmpty {
      parts.append((String(rest.prefix(size)), !parts.isEmpty))
      rest = rest.dropFirst(size)
    }
    return parts
  }

  private static func join(_ sentences: [Sentence]) -> String {
    var text = ""
    var previous: Sentence?
    for sentence in sentences {
      if let previous {
        if sentence.opensParagraph {
          text += "\n\n"
        } else {
          text += sentence.kind == .code || previous.kind == .code ? "\n" : " "
        }
      }
      text += sentence.text
      previous = sentence
    }
    return text
  }
}

/// Makes the chunks of a document, each under a name that stays the same as long as its place
/// does.
package enum PassageMaker {
  /// The chunks of `document`, which is stored as `name`.
  ///
  /// A chunk's id is the name, the section and the number of the passage in it; sections of one
  /// heading are counted. Metadata: `chunk_id`, `title`, `source`, `section`.
  package static func chunks(
    of document: SourceDocument, name: String, splitter: PassageSplitter = .init()
  ) -> [Chunk] {
    var chunks: [Chunk] = []
    var seen: [String: Int] = [:]
    for section in document.sections {
      let slug = slug(section.heading)
      let count = (seen[slug] ?? 0) + 1
      seen[slug] = count
      let place = count == 1 ? slug : "\(slug)-\(count)"
      let heading = section.heading == document.title ? "" : section.heading
      let title = heading.isEmpty ? document.title : "\(document.title): \(heading)"
      for (index, passage) in splitter.passages(of: section.text).enumerated()
      where !passage.isBlank {
        let metadata = JSONObjectValue([
          ("chunk_id", .string("\(name)#\(place).\(index)")), ("title", .string(title)),
          ("source", .string(name)), ("section", .string(section.heading)),
        ])
        chunks.append(Chunk(pageContent: passage, metadata: metadata))
      }
    }
    return chunks
  }

  /// Characters of a heading in the names of the passages below it.
  private static let slugCharactersMax = 80

  /// A heading in lower case, words joined by hyphens; `text` when nothing remains.
  private static func slug(_ heading: String) -> String {
    let words = heading.lowercased().split { !$0.isLetter && !$0.isNumber }
    let slug = words.joined(separator: "-").prefix(slugCharactersMax)
    return slug.isEmpty ? "text" : String(slug)
  }
}

/// About how many pieces a tokenizer of the BERT family makes of a text, without its vocabulary.
///
/// Common words are one piece, long ones are cut, marks stand alone, and scripts without spaces are
/// taken apart.
enum TokenEstimate {
  static func of(_ text: some StringProtocol) -> Int {
    var tokens = 0
    var ascii = 0
    var other = 0
    func word() -> Int {
      defer { (ascii, other) = (0, 0) }
      let long = ascii <= 7 ? min(ascii, 1) : 1 + (ascii - 5) / 4
      return long + (other + 1) / 2
    }
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        let isWord =
          (0x30...0x39).contains(scalar.value) || (0x41...0x5a).contains(scalar.value)
          || (0x61...0x7a).contains(scalar.value)
        if isWord {
          ascii += 1
        } else {
          tokens += word()
          if scalar.value > 0x20 { tokens += 1 }
        }
      } else if WordCount.isUnspaced(scalar) {
        tokens += word() + 1
      } else if scalar.properties.isWhitespace {
        tokens += word()
      } else {
        other += 1
      }
    }
    return tokens + word()
  }
}
