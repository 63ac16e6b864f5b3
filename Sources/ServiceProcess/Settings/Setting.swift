/// A setting of a program: one case of an enumeration that lists them all.
public protocol Setting: Hashable, CaseIterable, Sendable {
  /// Its place in a configuration file, as in `service.http_port`.
  var path: String { get }
  /// Its name in the environment, as in `QUIVER__SERVICE__HTTP_PORT`.
  var variable: String { get }
  /// Whether the value must never be shown.
  var isSecret: Bool { get }
  /// Whether it may be given as nothing, which says something; others count as not set then.
  var canBeEmpty: Bool { get }
  /// What holds where no source gives a value; `nil` where the program decides.
  var defaultText: String? { get }
  /// What the program is called.
  static var program: String { get }
  /// Beginnings of variables that are the program's own: an unknown name under one is an error.
  static var prefixes: [String] { get }
  /// Settings of another program that are taken as well; `nil` for none.
  static var adopted: AdoptedSettings? { get }
  /// The setting that is one of those about traces; `nil` for a program without.
  static func tracing(_ member: TracingSettings.Member) -> Self?
}

extension Setting {
  /// None.
  public static var adopted: AdoptedSettings? { nil }

  /// None.
  public static func tracing(_ member: TracingSettings.Member) -> Self? { nil }

  /// Nothing says nothing.
  public var canBeEmpty: Bool { false }
}

/// The configuration of another program that this one takes over: whatever it shares is read, and
/// of the rest each name has a rule, in files and in the environment alike.
public struct AdoptedSettings: Sendable {
  /// What becomes of a setting that this program does not have.
  public enum Rule: Sendable, Equatable {
    /// The user is told that it has no effect.
    case noEffect
    /// The same, but for the values that say what is so anyway.
    case noEffectBut([String])
    /// A switch for protection: starting without would be worse than not starting.
    case protection
    /// A value that protects, such as a key: likewise.
    case protectingValue
  }

  /// The beginning of its variables.
  public let prefix: String
  /// Where their own program looks for a file of them, which this one reads when it is told to.
  let files: [String]
  private let rules: [String: Rule]
  private let sections: [String]

  /// Settings under `prefix`, by their place in a file.
  ///
  /// - Parameters:
  ///   - sections: places whose members have no effect, whatever they are called.
  ///   - files: where their own program looks for a file of them; users are told of one that is
  ///     passed over.
  public init(
    prefix: String, rules: [String: Rule], sections: [String], files: [String] = []
  ) {
    self.prefix = prefix
    self.files = files
    self.rules = rules
    self.sections = sections
  }

  /// The variable for what stands at `path`.
  func variable(for path: String) -> String {
    prefix + path.uppercased().split(separator: ".").joined(separator: "__")
  }

  /// The rule for what stands at `path`; `nil` for a name without one.
  func rule(for path: String) -> Rule? { rules[path] }

  /// Whether `path` is within a section that has no effect as a whole.
  func covers(_ path: String) -> Bool { sections.contains { path.hasPrefix($0 + ".") } }

  /// Whether there are settings below `path`.
  func isSection(_ path: String) -> Bool {
    rules.keys.contains { $0.hasPrefix(path + ".") }
      || sections.contains { $0 == path || $0.hasPrefix(path + ".") }
  }

  /// The names that protect.
  var protecting: [String] {
    rules.filter { $0.value == .protection || $0.value == .protectingValue }.map(\.key)
  }
}
