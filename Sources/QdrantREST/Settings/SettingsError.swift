/// Why the server does not start with the configuration it was given.
public enum SettingsError: Error, Sendable, Equatable {
  /// A name that means nothing, as it was written, and the nearest one that does.
  case unknownKey(String, nearest: String)
  /// `value` is absent for secrets.
  case invalidValue(key: String, value: String?, expected: String)
  /// A security feature that was asked for and is not there.
  case unsupportedSecurity(String)
  case unreadableFile(path: String, reason: String)
}

extension SettingsError: CustomStringConvertible {
  /// One sentence for whoever starts the server; secrets are left out.
  public var description: String {
    switch self {
    case .unknownKey(let name, let nearest):
      "unknown setting \(name); did you mean \(nearest)?"
    case .invalidValue(let key, let value, let expected):
      "invalid value\(value.map { " `\($0)`" } ?? "") for \(key): expected \(expected)"
    case .unsupportedSecurity(let name):
      "\(name) asks for protection that this server does not offer; remove it to start without"
    case .unreadableFile(let path, let reason):
      "cannot read the configuration file \(path): \(reason)"
    }
  }
}
