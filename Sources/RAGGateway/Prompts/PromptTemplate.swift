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
