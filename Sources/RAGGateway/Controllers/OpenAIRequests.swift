import FastJSON

/// A chat completion as it is asked for: the last message is the question, those before it the
/// conversation. Members that say how a model should write are left to whoever writes.
package struct ChatRequest: Sendable {
  let model: String
  var question: QuestionRequest
  /// Whether a stream is to end with what was counted.
  let asksForUsage: Bool

  /// Who may have said a message.
  private static let roles = ["user", "assistant", "system", "developer", "tool", "function"]

  /// Reads a body.
  ///
  /// - Throws: what is wrong with it.
  package init(_ body: [UInt8], limits: GatewayLimits) throws(GatewayError) {
    let root = try RequestBody.object(body)
    model = root["model"]?.stringValue ?? ChatController.model
    if let count = root["n"], count != .null, count.numberValue != 1 {
      throw .badRequest("`n` is 1: there is one answer to a question")
    }
    let unmet = Self.unmet(root)
    guard unmet.isEmpty else { throw .unprocessable(unmet) }
    asksForUsage = root["stream_options"]?["include_usage"] == .bool(true)
    var turns: [ConversationTurn] = []
    var problems: [FieldProblem] = []
    for (index, message) in (root["messages"]?.arrayValue ?? []).enumerated() {
      let place: [FieldProblem.Step] = [.name("body"), .name("messages"), .index(index)]
      guard message.objectValue != nil else {
        problems.append(.notObject(place))
        continue
      }
      guard let name = message["role"]?.stringValue, Self.roles.contains(name) else {
        problems.append(
          FieldProblem(
            location: place + [.name("role")],
            message: "Input should be one of \(Self.roles.joined(separator: ", "))",
            type: "literal_error"))
        continue
      }
      // What a program tells a model to be, and what its tools say, is not about what is stored.
      guard let role = ConversationTurn.Role(rawValue: name) else { continue }
      let text = Self.text(
        of: message["content"], at: place + [.name("content")], problems: &problems)
      turns.append(ConversationTurn(role: role, content: text))
    }
    guard problems.isEmpty else {
      throw .unprocessable(Array(problems.prefix(FieldProblem.toldMax)))
    }
    guard let last = turns.popLast(), last.role == .user else {
      throw .badRequest("`messages` must end with a message of the role `user`")
    }
    var members: JSONObjectValue = ["question": .string(last.content)]
    for name in ["k", "filter", "stream"] {
      if let value = root[name] { members[name] = value }
    }
    question = try QuestionRequest(JSONValue.object(members).serialized(), limits: limits)
    // A long conversation is cut at its beginning, which says least about the question.
    var kept: [ConversationTurn] = []
    var characters = 0
    for turn in turns.reversed() {
      characters += turn.content.count
      guard kept.count < limits.historyTurns, characters <= limits.historyCharacters else { break }
      kept.insert(turn, at: 0)
    }
    question.history = kept
  }

  /// What a caller counts on that an answer here never is. Tools that may be called need not be.
  private static func unmet(_ root: JSONObjectValue) -> [FieldProblem] {
    var unmet: [FieldProblem] = []
    func refuse(_ steps: [String], _ message: String) {
      unmet.append(
        FieldProblem(
          location: (["body"] + steps).map { .name($0) }, message: message, type: "literal_error"))
    }
    if let format = root["response_format"], format != .null, format["type"] != .string("text") {
      refuse(["response_format", "type"], "Answers are prose (`text`)")
    }
    for name in ["tool_choice", "function_call"] {
      if let choice = root[name], ![.null, .string("auto"), .string("none")].contains(choice) {
        refuse([name], "No tools are called here")
      }
    }
    if let kinds = root["modalities"]?.arrayValue, kinds.contains(where: { $0 != .string("text") })
    {
      refuse(["modalities"], "Answers are texts (`text`)")
    }
    return unmet
  }

  /// What a message says: a text, or parts of which each is one.
  private static func text(
    of content: JSONValue?, at place: [FieldProblem.Step], problems: inout [FieldProblem]
  ) -> String {
    switch content {
    case .string(let text): return text
    case nil, .null: return ""
    case .array(let parts):
      var texts: [String] = []
      for (index, part) in parts.enumerated() {
        if let text = text(ofPart: part, at: place + [.index(index)], problems: &problems) {
          texts.append(text)
        }
      }
      return texts.joined(separator: "\n")
    default:
      problems.append(
        FieldProblem(
          location: place, message: "Input should be a text or a list of parts",
          type: "string_type"))
      return ""
    }
  }

  /// A caller who sends a picture must not be answered as if it had been looked at.
  private static func text(
    ofPart part: JSONValue, at place: [FieldProblem.Step], problems: inout [FieldProblem]
  ) -> String? {
    guard part.objectValue != nil else {
      problems.append(.notObject(place))
      return nil
    }
    switch part["type"] {
    case nil, .string("text"):
      let text = part["text"]?.stringValue
      if text == nil {
        let place = place + [.name("text")]
        problems.append(part["text"] == nil ? .missing(place) : .notString(place))
      }
      return text
    // What an assistant would not say is no part of the conversation.
    case .string("refusal"): return nil
    case let kind:
      let name = kind?.stringValue.map { "`\($0)` is" } ?? "Such parts are"
      problems.append(
        FieldProblem(
          location: place + [.name("type")],
          message: "\(name) not read here: the parts of a message are texts (`text`)",
          type: "literal_error"))
      return nil
    }
  }
}

/// Texts whose vectors are asked for.
package struct EmbeddingsRequest: Sendable {
  let texts: [String]
  /// Whether vectors are wanted as the text of their bytes.
  let isBase64: Bool
  private let dimensions: JSONValue

  /// Reads a body.
  ///
  /// - Throws: what is wrong with it.
  package init(_ body: [UInt8], limits: GatewayLimits) throws(GatewayError) {
    let root = try RequestBody.object(body)
    switch root["input"] {
    case .string(let text): texts = [text]
    case .array(let elements):
      texts = elements.compactMap(\.stringValue)
      guard texts.count == elements.count else {
        throw .badRequest("`input` must be a text or a list of texts; token numbers are not read")
      }
    default: throw .badRequest("`input` must be a text or a list of texts")
    }
    guard !texts.isEmpty, texts.allSatisfy({ !$0.isBlank }) else {
      throw .badRequest("`input` holds a text without a word, or none at all")
    }
    guard texts.count <= limits.chunksPerUpload else {
      throw .tooLarge("\(texts.count) texts are more than \(limits.chunksPerUpload)")
    }
    let format = root["encoding_format"] ?? .null
    guard [.null, .string("float"), .string("base64")].contains(format) else {
      throw .badRequest("`encoding_format` is `float` or `base64`")
    }
    isBase64 = format == .string("base64")
    dimensions = root["dimensions"] ?? .null
  }

  /// Whether vectors of so many numbers are what is asked for.
  package func isAnswered(by dimension: Int) -> Bool {
    dimensions == .null || dimensions.numberValue == Double(dimension)
  }
}
