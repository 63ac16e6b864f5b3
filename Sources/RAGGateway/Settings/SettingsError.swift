/// Everything that is wrong with the settings, each problem one sentence that names its variable.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The problems, one sentence each.
  public let problems: [String]

  /// The problems found.
  public init(_ problems: [String]) {
    self.problems = problems
  }

  /// One problem a line.
  public var description: String { problems.joined(separator: "\n") }
}
