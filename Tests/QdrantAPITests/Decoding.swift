import FastJSON
import PointModel
import QdrantAPI
import Testing

/// A body, and what it is refused with.
struct Refusal: Sendable, CustomTestStringConvertible {
  let body: String
  let status: Int
  let text: String

  init(_ body: String, _ status: Int, _ text: String) {
    self.body = body
    self.status = status
    self.text = text
  }

  /// A body with a member missing or of the wrong kind.
  static func format(_ body: String, _ text: String) -> Refusal {
    Refusal(body, 400, "Format error in JSON body: " + text)
  }

  /// A body with a value out of range.
  static func validation(_ body: String, _ text: String) -> Refusal {
    Refusal(body, 422, "Validation error in JSON body: [" + text + "]")
  }

  /// A body that breaks a rule, or asks for what is not supported.
  static func badRequest(_ body: String, _ text: String) -> Refusal {
    Refusal(body, 400, "Bad request: " + text)
  }

  /// A body that contradicts itself.
  static func wrongInput(_ body: String, _ text: String) -> Refusal {
    Refusal(body, 400, "Wrong input: " + text)
  }

  var testDescription: String { body }

  /// Expects that `decode` refuses the body with exactly this status and text.
  func check<T>(
    _ decode: (JSONDocument) throws(RequestError) -> T,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      let value = try decoded(body, decode)
      Issue.record("accepted as \(value)", sourceLocation: sourceLocation)
    } catch {
      #expect(error.status == status, sourceLocation: sourceLocation)
      #expect(error.text == text, sourceLocation: sourceLocation)
    }
  }
}

/// Decodes a text.
func decoded<T>(
  _ body: String, _ decode: (JSONDocument) throws(RequestError) -> T
) throws(RequestError) -> T {
  try decoded(Array(body.utf8), decode)
}

/// Decodes bytes.
func decoded<T>(
  _ body: [UInt8], _ decode: (JSONDocument) throws(RequestError) -> T
) throws(RequestError) -> T {
  try decode(RequestDecoder.document(body))
}

/// The path of a text that is one.
func path(_ text: String) -> PayloadPath {
  PayloadPath(text) ?? PayloadPath(steps: [])
}

func payload(_ json: String) -> Payload {
  Payload(normalizedJSON: Array(json.utf8))
}

func unnamed(_ values: [Float]) -> [NamedVector] {
  [NamedVector(name: "", values: values)]
}

extension JSONWriter {
  /// Writes lists of points in full.
  mutating func write(_ lists: [[ScoredPoint]], as layout: PointsLayout) {
    layout.begin(&self)
    for list in lists {
      layout.beginList(&self)
      for point in list { layout.write(point, &self) }
      layout.endList(&self)
    }
    layout.end(&self)
  }
}
