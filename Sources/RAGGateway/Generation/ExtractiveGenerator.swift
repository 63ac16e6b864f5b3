import Glibc
import SentenceEmbedding
import Synchronization

/// Answers with the passages' own best sentences, word for word; no language model is involved.
///
/// Sentences are ranked by their nearness to the question and by that of their passage; one to
/// three of one passage are taken, in its order. Their vectors come from the token vectors that are
/// stored with the passage; without those each sentence that was not met lately is embedded.
public struct ExtractiveGenerator: AnswerGenerator {
  /// Sentences that an answer quotes.
  private static let sentencesMax = 3
  /// How far below the best a further sentence may lie.
  private static let tolerance: Float = 0.1
  /// Two sentences nearer than this say the same.
  private static let sameness: Float = 0.92
  /// As `sameness`, for vectors of tokens: those know what stands around them, so that all
  /// sentences of a passage are near to each other.
  private static let samenessOfTokens: Float = 0.985
  /// What a passage's place in the ranking is worth beside a sentence's similarity.
  private static let passageWeight: Float = 0.1
  /// Characters of a passage's beginning that are quoted where no sentence of it can be; twice as
  /// many of one that does not end.
  private static let openingCharactersMax = 300
  /// Characters of a question that is the title of its answer.
  private static let titleCharactersMax = 120

  private let embedder: any Embedder
  private let sentences: SentenceVectors
  private let limits: GatewayLimits

  /// A generator that compares sentences with `embedder`.
  public init(embedder: any Embedder, limits: GatewayLimits = .init()) {
    self.embedder = embedder
    sentences = SentenceVectors(embedder: embedder, bytes: limits.sentenceVectorBytes)
    self.limits = limits
  }

  /// Quotes the best sentences. Confidence tells how often the first passage was right where
  /// questions with known answers gave the same signals: a measure of retrieval, not of truth.
  public func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
    let candidates = QuotableSentence.candidates(
      in: request.chunks, limit: limits.candidateSentences)
    let chosen = candidates.isEmpty ? [] : try await choose(from: candidates, request)
    let quotes = chosen.isEmpty ? Self.opening(of: request.chunks) : chosen
    let confidence = Confidence.of(request, threshold: embedder.similarityThreshold)
    return Answer(
      title: Self.title(for: request, quotes: quotes),
      summary: Confidence.opening(confidence)
        + quotes.map { "“\($0.sentence.quote)” [\($0.sentence.chunk + 1)]" }
        .joined(separator: " "),
      confidence: confidence,
      citations: quotes.map { quote in
        Citation(
          number: quote.sentence.chunk + 1, chunkID: request.chunks[quote.sentence.chunk].chunkID,
          quote: quote.sentence.quote, score: quote.score)
      },
      generator: GeneratorNote(
        provider: "extractive",
        notice: "No language model is configured: the summary quotes the best matching sentences."
          + Confidence.remark(confidence)))
  }

  private func choose(
    from candidates: [QuotableSentence], _ request: AnswerRequest
  ) async throws(GatewayError) -> [ScoredSentence] {
    let vectors = try await vectors(of: candidates, request)
    let scores = vectors.map { Similarity.cosine($0, request.questionVector) }
    let values = zip(candidates, scores).map { candidate, score in
      score + Self.passageWeight * request.chunks[candidate.chunk].signals.fused
    }
    guard let best = candidates.indices.max(by: { values[$0] < values[$1] }) else { return [] }
    let usesTokens = request.chunks.allSatisfy { $0.tokens != nil }
    let sameness = usesTokens ? Self.samenessOfTokens : Self.sameness
    var taken = [best]
    // More from the same passage alone: sentences of two answers make a third that nobody gave.
    let further = candidates.indices
      .filter { $0 != best && candidates[$0].chunk == candidates[best].chunk }
      .sorted { values[$0] > values[$1] }
    for index in further where taken.count < Self.sentencesMax {
      let repeats = taken.contains {
        Similarity.cosine(vectors[index], vectors[$0]) > sameness
      }
      if values[index] < values[best] - Self.tolerance || repeats { continue }
      taken.append(index)
    }
    let positions = Set(taken.map { candidates[$0].position })
    return taken.sorted().map { index in
      ScoredSentence(
        sentence: candidates[index].quoted(beside: positions), score: scores[index])
    }
  }

  /// From the token vectors of the passages, where all of them have any.
  private func vectors(
    of candidates: [QuotableSentence], _ request: AnswerRequest
  ) async throws(GatewayError) -> [[Float]] {
    guard request.chunks.allSatisfy({ $0.tokens != nil }) else {
      return try await sentences.vectors(of: candidates.map(\.sentence))
    }
    let rows = request.chunks.map { chunk in
      EmbeddedLayout(title: chunk.title, body: chunk.text)
        .rows { embedder.length(of: $0) }
    }
    return candidates.map { candidate in
      let range = rows[candidate.chunk][candidate.position]
      return request.chunks[candidate.chunk].tokens?.direction(of: range) ?? []
    }
  }

  /// Whole sentences from the beginning of the best passage, for passages without a quotable one.
  private static func opening(of chunks: [RetrievedChunk]) -> [ScoredSentence] {
    guard let first = chunks.first else { return [] }
    var text = ""
    for sentence in SentenceSplitter.sentences(of: first.text) where sentence.kind != .heading {
      let isBehind = sentence.opensParagraph || sentence.kind == .code
      let next = text + (text.isEmpty ? "" : isBehind ? "\n" : " ") + sentence.text
      if next.count > openingCharactersMax, !text.isEmpty { break }
      text = next
    }
    if text.isEmpty { text = first.text.trimmed }
    // A sentence without an end is cut all the same.
    let quote = String(text.prefix(2 * openingCharactersMax))
    return [
      ScoredSentence(
        sentence: QuotableSentence(chunk: 0, position: 0, sentence: quote, quote: quote),
        score: first.score)
    ]
  }

  private static func title(for request: AnswerRequest, quotes: [ScoredSentence]) -> String {
    let best = quotes.max { $0.score < $1.score }
    let title = best.map { request.chunks[$0.sentence.chunk].title } ?? ""
    return title.isEmpty ? String(request.question.collapsed.prefix(titleCharactersMax)) : title
  }
}

/// A sentence with its similarity to the question.
private struct ScoredSentence {
  let sentence: QuotableSentence
  let score: Float
}

/// How sure a retrieval is of its first passage.
package enum Confidence {
  /// The share of questions with known answers whose first passage was the right one, among those
  /// with such a lead and such a late interaction; where there is none, by the first passage's
  /// score and the model's threshold. To two decimals.
  static func of(_ request: AnswerRequest, threshold: Float) -> Double {
    let top = request.chunks.map(\.score).max() ?? 0
    guard let late = request.chunks.first?.signals.lateInteraction else {
      return of(top: top, threshold: threshold)
    }
    let evidence = -1.92 + 0.76 * Double(request.lead) + 2.93 * Double(late)
    return rounded(1 / (1 + 1 / exp(evidence)))
  }

  /// The score from a little below the threshold on, stretched so that two thirds of the way to the
  /// greatest are 1: `clamp((top − 0.25) / 0.5)` for a threshold of 0.3. To two decimals.
  package static func of(top: Float, threshold: Float) -> Double {
    let least = Double(threshold) - 0.05
    return rounded(min(max((Double(top) - least) / ((1 - least) * 2 / 3), 0), 1))
  }

  /// Below this an answer is as often wrong as right.
  private static let sure = 0.5

  /// What an answer that may well be wrong begins with, so that it is told wherever it is shown.
  static func opening(_ confidence: Double) -> String { confidence < sure ? "Perhaps: " : "" }

  /// What a reader is told of an answer that may well be of another subject.
  static func remark(_ confidence: Double) -> String {
    confidence < sure
      ? " Nothing stored is very near to this question: the answer may be about something else."
      : ""
  }

  private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}

/// Nearness of two vectors.
enum Similarity {
  /// The cosine of the angle between two vectors of one length; 0 when either is zero.
  static func cosine(_ left: [Float], _ right: [Float]) -> Float {
    var product: Float = 0
    var leftSquare: Float = 0
    var rightSquare: Float = 0
    for (a, b) in zip(left, right) {
      product += a * b
      leftSquare += a * a
      rightSquare += b * b
    }
    let length = (leftSquare * rightSquare).squareRoot()
    return length > 0 ? product / length : 0
  }
}

/// A sentence of a passage that can stand alone in an answer.
package struct QuotableSentence: Sendable, Equatable {
  /// Position of its passage among those retrieved.
  package let chunk: Int
  /// Its place among the sentences of the passage.
  package let position: Int
  /// The sentence.
  package let sentence: String
  /// The sentence with the lines of code that follow it, or with what it announces.
  package let quote: String
  /// What has to stand before the quote, with the space between: a word or two that open the
  /// passage, as "Yes, you can." does, or the sentence that "This" or "They" is about.
  private let lead: String
  /// The next sentence of the paragraph: a sentence that is quoted alone often says again what was
  /// asked, and the next one how. Empty where nothing follows, or the quote is whole.
  private let next: String

  private static let leastWords = 5
  /// Words that begin a sentence about what the one before it named.
  private static let leaning: Set<String> = [
    "this", "that", "these", "those", "it", "they", "such", "he", "she", "otherwise",
  ]
  /// Lines of code that are quoted with the sentence before them.
  private static let codeLinesMax = 6
  /// Items of a list that is quoted with the sentence before it; a longer one is left out.
  private static let itemsMax = 8
  /// Characters of a paragraph that is quoted with the sentence before it; a longer one is left
  /// out.
  private static let announcedCharactersMax = 400

  /// A sentence of the passage at position `chunk`.
  package init(
    chunk: Int, position: Int, sentence: String, quote: String, lead: String = "",
    next: String = ""
  ) {
    self.chunk = chunk
    self.position = position
    self.sentence = sentence
    self.quote = quote
    self.lead = lead
    self.next = next
  }

  /// The same, quoted with what it needs beside it, where the sentences at `positions` of its
  /// passage are quoted.
  func quoted(beside positions: Set<Int>) -> QuotableSentence {
    let before = positions.contains(position - 1) ? "" : lead
    let behind = positions.count == 1 ? next : ""
    return QuotableSentence(
      chunk: chunk, position: position, sentence: sentence, quote: before + quote + behind)
  }

  /// The sentences of `chunks` with at least five words that are neither headings, questions nor
  /// code, at most `limit`, as many from each passage, no text twice. A question in a passage
  /// resembles the reader's most and answers it least. What has no closing mark, as the names in a
  /// list of references, counts only in passages that have nothing else.
  package static func candidates(in chunks: [RetrievedChunk], limit: Int) -> [QuotableSentence] {
    var candidates: [QuotableSentence] = []
    var seen: Set<String> = []
    let share = max(1, limit / max(1, chunks.count))
    for (position, chunk) in chunks.enumerated() {
      let sentences = SentenceSplitter.sentences(of: chunk.text)
      let usable = sentences.indices.filter { index in
        let sentence = sentences[index]
        return sentence.kind == .prose && sentence.wordCount >= leastWords && !asks(sentence.text)
      }
      let whole = usable.filter { isWhole(sentences[$0].text) }
      var taken = 0
      var quoted = 0
      for index in whole.isEmpty ? usable : whole where taken < share && index >= quoted {
        guard seen.insert(sentences[index].text).inserted else { continue }
        let following = following(index, in: sentences)
        quoted = index + 1 + following.count
        taken += 1
        let next = following.isEmpty ? next(after: index, in: sentences) : nil
        candidates.append(
          QuotableSentence(
            chunk: position, position: index, sentence: sentences[index].text,
            quote: lines(of: index, in: sentences), lead: lead(before: index, in: sentences),
            next: next.map { " " + lines(of: $0, in: sentences) } ?? ""))
      }
    }
    return candidates
  }

  private static func lines(of index: Int, in sentences: [Sentence]) -> String {
    ([sentences[index].text] + following(index, in: sentences)).joined(separator: "\n")
  }

  /// What has to stand before a sentence: what opens the passage in a word or two, or what the
  /// sentence leans on.
  private static func lead(before index: Int, in sentences: [Sentence]) -> String {
    guard index > 0 else { return "" }
    let (previous, sentence) = (sentences[index - 1], sentences[index])
    guard previous.kind == .prose, isWhole(previous.text), !asks(previous.text) else { return "" }
    let isVerdict = index == 1 && previous.wordCount < leastWords
    let first = sentence.text.prefix { $0.isLetter }.lowercased()
    guard isVerdict || (!sentence.opensParagraph && leaning.contains(first)) else { return "" }
    return previous.text + (sentence.opensParagraph ? "\n" : " ")
  }

  /// The sentence behind one, in the same paragraph.
  private static func next(after index: Int, in sentences: [Sentence]) -> Int? {
    let next = index + 1
    guard next < sentences.count, sentences[next].kind == .prose, !sentences[next].opensParagraph,
      isWhole(sentences[next].text), !asks(sentences[next].text),
      !SentenceSplitter.isItem(sentences[next].text)
    else { return nil }
    return next
  }

  /// The lines of code behind a sentence or, behind a colon, what it announces, the items of a list
  /// or a paragraph: all or none.
  private static func following(_ index: Int, in sentences: [Sentence]) -> [String] {
    let rest = sentences[(index + 1)...]
    let code = rest.prefix { $0.kind == .code }.prefix(codeLinesMax)
    if !code.isEmpty { return code.map(\.text) }
    guard sentences[index].text.hasSuffix(":"), let next = rest.first else { return [] }
    let items = rest.prefix { $0.kind == .prose && SentenceSplitter.isItem($0.text) }
    if !items.isEmpty { return items.count <= itemsMax ? items.map(\.text) : [] }
    let paragraph = [next] + rest.dropFirst().prefix { $0.kind == .prose && !$0.opensParagraph }
    let length = paragraph.reduce(0) { $0 + $1.text.count }
    return next.opensParagraph && length <= announcedCharactersMax ? paragraph.map(\.text) : []
  }

  private static func isWhole(_ sentence: String) -> Bool {
    guard let last = sentence.last(where: { !"\"')]”’»*_`".contains($0) }) else { return false }
    return ".!:;…。！？".contains(last) || SentenceSplitter.isItem(sentence)
  }

  /// Also one that names a question in quotes, which is where to find its answer.
  private static func asks(_ sentence: String) -> Bool {
    sentence.last { !"\"')]”’»*_`".contains($0) } == "?" || sentence.contains("?”")
      || sentence.contains("?\"")
  }
}

/// The vectors of sentences, kept for the next question that meets the same ones: passages that
/// answer one question often answer another.
///
/// Safe to use from many tasks; two that miss the same sentence at once both embed it.
final class SentenceVectors: Sendable {
  /// What was used lately, and what was used before that: when the newer half is full it becomes
  /// the older one, which is forgotten.
  private struct Memory {
    var newer: [String: [Float]] = [:]
    var older: [String: [Float]] = [:]
    var newerBytes = 0
  }

  private let embedder: any Embedder
  private let halfBytes: Int
  private let memory = Mutex(Memory())

  /// Vectors of `embedder`, of about `bytes` at most.
  init(embedder: any Embedder, bytes: Int) {
    self.embedder = embedder
    halfBytes = bytes / 2
  }

  /// The vectors of `sentences`, in their order. Only those that are not known are embedded.
  func vectors(of sentences: [String]) async throws(GatewayError) -> [[Float]] {
    var found = memory.withLock { memory in
      sentences.map { sentence in
        let vector = memory.newer[sentence] ?? memory.older[sentence]
        if let vector { keep(vector, of: sentence, in: &memory) }
        return vector
      }
    }
    let missing = sentences.indices.filter { found[$0] == nil }
    if !missing.isEmpty {
      let fresh = try await embedder.embed(missing.map { sentences[$0] })
      guard fresh.count == missing.count else {
        throw .embeddingFailed("\(fresh.count) vectors for \(missing.count) sentences")
      }
      memory.withLock { memory in
        for (index, vector) in zip(missing, fresh) {
          keep(vector, of: sentences[index], in: &memory)
        }
      }
      for (index, vector) in zip(missing, fresh) { found[index] = vector }
    }
    return found.compactMap { $0 }
  }

  private func keep(_ vector: [Float], of sentence: String, in memory: inout Memory) {
    guard memory.newer[sentence] == nil else { return }
    // Beside its contents an entry takes about a hundred bytes.
    let bytes = 4 * vector.count + sentence.utf8.count + 100
    guard bytes <= halfBytes else { return }
    if memory.newerBytes + bytes > halfBytes {
      memory = Memory(older: memory.newer)
    }
    memory.newer[sentence] = vector
    memory.newerBytes += bytes
  }
}
