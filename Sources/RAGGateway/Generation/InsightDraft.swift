import FastJSON

/// What a language model replied, validated.
package struct InsightDraft: Sendable, Equatable {
  /// The title.
  package let title: String
  /// The answer, with the numbers of passages in brackets.
  package let summary: String
  /// The model's own estimate, 0 to 1.
  package let confidence: Double

  /// A draft of these parts.
  package init(title: String, summary: String, confidence: Double) {
    self.title = title
    self.summary = summary
    self.confidence = confidence
  }

  /// A reply that is no insight, in words that a model can act on.
  package struct Problem: Error, Equatable {
    /// What is wrong, one sentence.
    package let message: String
  }

  /// The schema that a reply has to follow.
  package static let schema = """
    {"type":"object","properties":{\
    "title":{"type":"string","description":"A short title of the answer"},\
    "summary":{"type":"string","description":"The answer, with [n] behind every statement"},\
    "confidence":{"type":"number","description":"0 to 1: how well the passages answer"}},\
    "required":["title","summary","confidence"],"additionalProperties":false}
    """

  /// The schema as an instruction, for `{format_instruction}`.
  package static let instruction =
    "Reply with one JSON object and nothing else, no code fence. It follows this schema:\n"
    + schema

  /// Reads the last JSON object in `reply` that is an insight; it may stand in a code fence or
  /// among prose.
  package init(reply: String) throws(Problem) {
    var problem = Problem(message: "the reply holds no complete JSON object")
    for object in JSONExtraction.objects(in: reply).reversed() {
      do throws(Problem) {
        self = try InsightDraft(object)
        return
      } catch {
        problem = error
      }
    }
    throw problem
  }

  private init(_ value: JSONObjectValue) throws(Problem) {
    guard let title = value["title"]?.stringValue?.trimmed, !title.isEmpty else {
      throw Problem(message: "`title` must be a string that is not empty")
    }
    guard let summary = value["summary"]?.stringValue?.trimmed, !summary.isEmpty else {
      throw Problem(message: "`summary` must be a string that is not empty")
    }
    guard let confidence = value["confidence"]?.numberValue, (0...1).contains(confidence) else {
      throw Problem(message: "`confidence` must be a number from 0 to 1")
    }
    self.init(title: title, summary: summary, confidence: confidence)
  }
}
