import FastJSON

/// The answer to a question, as the gateway returns it.
public struct Insight: Sendable, Equatable {
  /// How the answer came about.
  public enum Status: String, Sendable {
    /// The configured generator answered.
    case answered
    /// Nothing that is stored is similar enough; no generator was called.
    case noKnowledge = "no_knowledge"
    /// A simpler generator stepped in.
    case degraded
    /// The language model declined to answer.
    case refused
  }

  /// The answer; for `noKnowledge` an honest sentence.
  public private(set) var answer: Answer
  /// How the answer came about.
  public let status: Status
  /// What the search found, best first.
  public let retrieved: [RetrievedChunk]
  /// The question as it was understood after a conversation; `nil` when that is as it was asked.
  public private(set) var standaloneQuestion: String?

  /// The generator's answer over what was retrieved.
  public init(answer: Answer, retrieved: [RetrievedChunk]) {
    self.answer = answer
    self.retrieved = retrieved
    status = answer.isRefusal ? .refused : answer.isDegraded ? .degraded : .answered
  }

  /// The same, with a sentence more in what a reader has to know.
  func noting(_ sentence: String) -> Insight {
    var insight = self
    let note = answer.generator
    insight.answer.generator = GeneratorNote(
      provider: note.provider, model: note.model,
      notice: [note.notice, sentence + "."].compactMap { $0 }.joined(separator: " "))
    return insight
  }

  /// The same, for a question that was made to stand alone.
  func asking(_ question: String) -> Insight {
    var insight = self
    insight.standaloneQuestion = question
    return insight
  }

  private init(summary: String, notice: String) {
    answer = Answer(
      title: "No knowledge found", summary: summary, confidence: 0, citations: [],
      generator: GeneratorNote(provider: "none", notice: notice))
    retrieved = []
    status = .noKnowledge
  }

  /// The answer when nothing reaches `threshold`; `language` is the one that the embedding model
  /// reads best, where it is one.
  public static func noKnowledge(threshold: Float, language: String? = nil) -> Insight {
    Insight(
      summary: "Nothing stored here is similar enough to this question to answer it from.",
      notice: "No passage reached the similarity threshold of \(threshold); no model was called."
        + (language.map {
          " The embedding model reads \($0): questions and texts in other languages are found "
            + "less well."
        } ?? ""))
  }

  /// The answer when there is no collection.
  public static func nothingStored(in collection: String) -> Insight {
    Insight(
      summary: "Nothing is stored here that this question could be answered from.",
      notice: "The collection `\(collection)` does not exist; no model was called.")
  }

  /// The response body.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("title")
    writer.string(answer.title)
    writer.key("summary")
    writer.string(answer.summary)
    writer.key("confidence")
    writer.double(answer.confidence)
    writer.key("metadata")
    writer.beginArray()
    for chunk in retrieved {
      writer.beginObject()
      writer.key("chunk_id")
      writer.string(chunk.chunkID)
      writer.key("title")
      writer.string(chunk.title)
      writer.endObject()
    }
    writer.endArray()
    writer.key("status")
    writer.string(status.rawValue)
    writeGenerator(to: &writer)
    writer.key("citations")
    writer.beginArray()
    for citation in answer.citations { write(citation, to: &writer) }
    writer.endArray()
    if let standaloneQuestion {
      writer.key("question")
      writer.string(standaloneQuestion)
    }
    writer.endObject()
    return writer.bytes
  }

  private func writeGenerator(to writer: inout JSONWriter) {
    writer.key("generator")
    writer.beginObject()
    writer.key("provider")
    writer.string(answer.generator.provider)
    writer.key("model")
    Self.write(answer.generator.model, to: &writer)
    writer.key("notice")
    Self.write(answer.generator.notice, to: &writer)
    writer.endObject()
  }

  private func write(_ citation: Citation, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("number")
    writer.integer(citation.number)
    writer.key("chunk_id")
    writer.string(citation.chunkID)
    writer.key("quote")
    Self.write(citation.quote, to: &writer)
    writer.key("score")
    writer.float(citation.score)
    writer.endObject()
  }

  private static func write(_ text: String?, to writer: inout JSONWriter) {
    if let text { writer.string(text) } else { writer.null() }
  }
}
