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

/// The `[n]` in a summary that a language model wrote, checked against the passages.
package struct CitationScan: Sendable, Equatable {
  /// The summary without references to passages that do not exist.
  package let summary: String
  /// The passages referred to, from 1, in the order of first mention.
  package let numbers: [Int]
  /// Bytes that were looked at in search of references: each of the text twice at most.
  package let bytesSearched: Int

  /// Scans `text`; only 1…`count` are passages. `[1, 3]` counts as two references.
  package init(_ text: String, passages count: Int) {
    var kept = ""
    var numbers: [Int] = []
    var searched = 0
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "[") {
      kept += rest[..<open]
      let after = rest[rest.index(after: open)...]
      // What can't be a reference is looked at again, but holds no bracket.
      let inside = after.prefix { $0.isASCIIDigit || $0 == "," || $0.isWhitespace }
      searched += rest.utf8.distance(from: rest.startIndex, to: inside.endIndex)
      guard after[inside.endIndex...].first == "]", let found = Self.numbers(in: inside) else {
        kept.append("[")
        rest = after
        continue
      }
      let known = found.filter { $0 >= 1 && $0 <= count }
      kept += known.map { "[\($0)]" }.joined()
      if known.isEmpty, kept.last == " " { kept.removeLast() }
      for number in known where !numbers.contains(number) { numbers.append(number) }
      rest = after[inside.endIndex...].dropFirst()
    }
    summary = kept + rest
    bytesSearched = searched + rest.utf8.count
    self.numbers = numbers
  }

  private static func numbers(in text: Substring) -> [Int]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.map { part -> Int? in
      let digits = part.trimmed
      return digits.allSatisfy(\.isASCIIDigit) ? Int(digits) : nil
    }
    return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}

/// Finds the JSON objects in a reply that may say more than that.
enum JSONExtraction {
  /// Places in a model's reply at which an object is looked for.
  private static let attemptsMax = 64

  /// The complete objects in `text` that lie in no other, in their order; what a model thinks
  /// aloud between `<think>` and `</think>` is left out.
  static func objects(in text: String) -> [JSONObjectValue] {
    let bytes = Array(withoutThoughts(text).utf8)
    if let whole = parse(bytes[...]) { return [whole] }
    var found: [JSONObjectValue] = []
    var start = 0
    for _ in 0..<attemptsMax {
      guard let open = bytes[start...].firstIndex(of: UInt8(ascii: "{")) else { break }
      if let close = end(ofObjectAt: open, in: bytes), let object = parse(bytes[open...close]) {
        found.append(object)
        start = close + 1
      } else {
        start = open + 1
      }
    }
    return found
  }

  /// What a model says once it has thought.
  static func withoutThoughts(_ text: String) -> Substring {
    // Without an end all is thought, and then what is there may still hold the object.
    guard let end = text.ranges(of: "</think>").last else { return text[...] }
    return text[end.upperBound...]
  }

  private static func parse(_ bytes: ArraySlice<UInt8>) -> JSONObjectValue? {
    (try? JSONValue(parsing: Array(bytes)))?.objectValue
  }

  /// Where the brackets that open at `start` are balanced, strings left out of the count.
  private static func end(ofObjectAt start: Int, in bytes: [UInt8]) -> Int? {
    var depth = 0
    var insideString = false
    var escaped = false
    for position in start..<bytes.count {
      let byte = bytes[position]
      if insideString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          insideString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        insideString = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return position }
      }
    }
    return nil
  }
}
