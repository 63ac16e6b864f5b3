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
