/// Everything that is wrong with the settings of a program: a sentence a problem, which names the
/// setting as it was written and the source it is from. Secrets are left out.
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
