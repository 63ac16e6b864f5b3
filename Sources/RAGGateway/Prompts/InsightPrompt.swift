import FoundationEssentials
import ServiceProcess

/// The two templates that a language model is asked for an insight with.
public struct InsightPrompt: Sendable, Equatable {
  /// What the model is told about its task.
  public let system: PromptTemplate
  /// The question with its passages.
  public let human: PromptTemplate

  /// Reads the YAML form: a mapping with the strings `system` and `human`.
  ///
  /// - Throws: `PromptError` when a part is missing or neither template holds the question and the
  ///   context.
  public init(yaml: String) throws(PromptError) {
    let root: YAMLDocument.Value?
    do throws(YAMLDocument.Problem) {
      root = try YAMLDocument(parsing: yaml).root
    } catch {
      throw .format("not valid YAML: \(error.text)")
    }
    guard let system = root?["system"], let human = root?["human"] else {
      throw .format("expected a mapping with the strings `system` and `human`")
    }
    self.system = try PromptTemplate(system)
    self.human = try PromptTemplate(human)
    let variables = self.system.variables.union(self.human.variables)
    for needed in [PromptTemplate.Variable.question, .context] where !variables.contains(needed) {
      throw .template("neither part holds {\(needed.rawValue)}")
    }
  }

  /// The prompt of a version: from `path`, a file or a folder with `<version>.yaml`, or the one
  /// that is built in.
  public static func load(path: String?, version: String) throws(PromptError) -> InsightPrompt {
    guard let path else { return try builtIn(version: version) }
    var isFolder = false
    let file =
      FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
      ? "\(path)/\(version).yaml" : path
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: file))
    } catch {
      throw .unreadable(path: file, reason: "the file is missing or not readable")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(path: file, reason: "it is not UTF-8")
    }
    return try InsightPrompt(yaml: text)
  }

  private static func builtIn(version: String) throws(PromptError) -> InsightPrompt {
    guard version == "v1" else { throw .unknownVersion(version, known: ["v1"]) }
    return try InsightPrompt(yaml: String(decoding: PackageResources.v1_yaml, as: UTF8.self))
  }
}

/// A text with named gaps, cut into pieces once.
///
/// What fills a gap is never looked at again, so braces in a question or a passage stay braces.
public struct PromptTemplate: Sendable, Equatable {
  /// A gap that a prompt may have.
  public enum Variable: String, Sendable, CaseIterable {
    /// The question.
    case question
    /// The numbered passages.
    case context
    /// How to reply.
    case formatInstruction = "format_instruction"
  }

  private enum Piece: Sendable, Equatable {
    case text(String)
    case variable(Variable)
  }

  private let pieces: [Piece]

  /// Cuts `text` at `{name}`; `{{` and `}}` stand for one brace.
  ///
  /// - Throws: `PromptError.template` for a name that is not a `Variable` or a brace alone.
  public init(_ text: String) throws(PromptError) {
    var pieces: [Piece] = []
    var literal = ""
    var rest = Substring(text)
    while let character = rest.popFirst() {
      if character == "{" || character == "}", rest.first == character {
        rest.removeFirst()
        literal.append(character)
      } else if character == "{" {
        guard let close = rest.firstIndex(of: "}") else {
          throw .template("a `{` has no `}`; write `{{` for a brace")
        }
        let name = String(rest[..<close])
        guard let variable = Variable(rawValue: name) else {
          let known = Variable.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
          throw .template("unknown variable {\(name)}; known are \(known); write {{ for a brace")
        }
        pieces.append(.text(literal))
        pieces.append(.variable(variable))
        literal = ""
        rest = rest[rest.index(after: close)...]
      } else if character == "}" {
        throw .template("a `}` has no `{`; write `}}` for a brace")
      } else {
        literal.append(character)
      }
    }
    pieces.append(.text(literal))
    self.pieces = pieces.filter { $0 != .text("") }
  }

  /// The gaps that occur.
  public var variables: Set<Variable> {
    Set(
      pieces.compactMap { piece in
        if case .variable(let variable) = piece { variable } else { nil }
      })
  }

  /// The text with every gap filled; a gap without a value becomes empty.
  public func render(_ values: [Variable: String]) -> String {
    pieces.reduce(into: "") { text, piece in
      switch piece {
      case .text(let literal): text += literal
      case .variable(let variable): text += values[variable] ?? ""
      }
    }
  }
}

/// Why a prompt can't be used.
public enum PromptError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file can't be read.
  case unreadable(path: String, reason: String)
  /// The file is no YAML mapping with the strings `system` and `human`.
  case format(String)
  /// A template in it is wrong.
  case template(String)
  /// No prompt of this version ships with the gateway.
  case unknownVersion(String, known: [String])

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read prompt \(path): \(reason)"
    case .format(let reason), .template(let reason): "prompt: \(reason)"
    case .unknownVersion(let version, let known):
      "prompt version \(version) is not built in (known: \(known.joined(separator: ", "))); "
        + "set PROMPT__INSIGHT_PATH to a folder that holds \(version).yaml"
    }
  }
}

/// The passages of a question as a language model sees them.
///
/// A passage is data that anybody may have written: what it says can't end the frame that it stands
/// in, nor begin another one.
package enum PassageContext {
  /// The passages numbered from 1, as many as fit into `limit` characters. The first is always
  /// there, cut off if it must be.
  package static func text(of chunks: [RetrievedChunk], limit: Int) -> String {
    var text = ""
    var left = limit
    for (position, chunk) in chunks.enumerated() {
      // A title of one line can't pass for the passage behind it.
      let title = harmless(chunk.title.collapsed)
      let head = "[\(position + 1)]" + (title.isEmpty ? "" : " \(title)")
      let passage = "\(head)\n\(harmless(chunk.text.trimmed))\n"
      if passage.count > left {
        if position == 0 { text = String(passage.prefix(limit)) }
        break
      }
      text += position == 0 ? passage : "\n" + passage
      left -= passage.count + 1
    }
    return text
  }

  /// A text without tags that end or begin a frame of passages, and without lines that look like
  /// the head of one: `<passages>` becomes `‹passages>`, and `[2]` at a line's beginning `(2)`.
  private static func harmless(_ text: String) -> String {
    withoutDisguises(text)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { withoutHead(withoutTags($0)) }
      .joined(separator: "\n")
  }

  /// Without marks that are not seen or merge with what is before them, where that may open a tag
  /// or a head.
  private static func withoutDisguises(_ text: String) -> String {
    var kept = String.UnicodeScalarView()
    var last: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      let mark = scalar.properties
      let isHidden =
        mark.isDefaultIgnorableCodePoint || mark.generalCategory == .nonspacingMark
        || mark.generalCategory == .enclosingMark
      if isHidden, "</[".unicodeScalars.contains(last) { continue }
      kept.append(scalar)
      if !mark.isWhitespace { last = scalar }
    }
    return String(kept)
  }

  private static func withoutTags(_ line: Substring) -> String {
    var kept = ""
    var rest = line
    while let open = rest.firstIndex(of: "<") {
      kept += rest[..<open]
      let after = rest[rest.index(after: open)...]
      let name = after.drop { $0 == "/" || $0.isWhitespace }.prefix(8).lowercased()
      kept += name.hasPrefix("passage") || name.hasPrefix("question") ? "‹" : "<"
      rest = after
    }
    return kept + rest
  }

  private static func withoutHead(_ line: String) -> String {
    let text = line.drop { $0.isWhitespace }
    guard text.first == "[", let close = text.firstIndex(of: "]") else { return line }
    let inside = text[text.index(after: text.startIndex)..<close]
    guard !inside.isEmpty, inside.allSatisfy(\.isNumber) else { return line }
    return "(\(inside))" + text[text.index(after: close)...]
  }
}
