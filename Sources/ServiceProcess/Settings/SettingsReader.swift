/// Reads typed values from the sources of a program's settings, and collects what is wrong with
/// them and what the user should be told.
public struct SettingsReader<Key: Setting>: Sendable {
  /// Where a value is from.
  public enum Origin: Sendable, Equatable, CustomStringConvertible {
    case file(String)
    case environment, commandLine

    /// As it is shown beside a value.
    public var description: String {
      switch self {
      case .file(let path): path
      case .environment: "environment"
      case .commandLine: "command line"
      }
    }
  }

  /// A value as it was given.
  struct Entry: Sendable {
    let text: String
    /// What the user called the setting, and where.
    let name: String
    let origin: Origin
  }

  /// One sentence for each thing that is wrong so far.
  public private(set) var problems: [String] = []
  /// One sentence for each thing that the user should be told, without secrets.
  public private(set) var warnings: [String] = []
  private var entries: [Key: Entry] = [:]

  /// Takes the values of all sources. A value that is empty counts as none, as deployment files
  /// write it.
  public init(_ sources: SettingsSources<Key>) {
    var collector = SettingsCollector<Key>()
    collector.collect(sources)
    problems = collector.problems
    warnings = collector.warnings
    entries = collector.entries
  }

  /// Ends the reading.
  ///
  /// - Throws: `SettingsError` with every problem that was found.
  public func finish() throws(SettingsError) {
    guard problems.isEmpty else { throw SettingsError(problems) }
  }

  /// The value that a source gave; `nil` when none did.
  public func given(_ key: Key) -> String? { entries[key]?.text }

  /// Where the value is from; `nil` when no source gave one.
  public func origin(of key: Key) -> Origin? { entries[key]?.origin }

  /// The value that a source gave, or the default.
  public func text(_ key: Key) -> String? { given(key) ?? key.defaultText }

  /// Adds a problem; `reason` follows the setting's name in a sentence.
  public mutating func reject(_ key: Key, _ reason: String) {
    problems.append("\(entries[key]?.name ?? key.variable) \(reason)")
  }

  private mutating func reject(_ key: Key, expected: String) {
    let shown = key.isSecret ? nil : given(key)
    reject(key, "must be \(expected)\(shown.map { ", not `\($0)`" } ?? "")")
  }

  /// A whole number; `nil` without one, or with a problem.
  public mutating func integer(_ key: Key, in range: ClosedRange<Int>) -> Int? {
    guard let text = text(key) else { return nil }
    let number = Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
    if let number, range.contains(number) { return number }
    reject(key, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// A number; `nil` without one, or with a problem.
  public mutating func number(_ key: Key, in range: ClosedRange<Double>) -> Double? {
    guard let text = text(key) else { return nil }
    if let number = Double(text), range.contains(number) { return number }
    reject(key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  /// A switch, in YAML's words; `nil` without one, or with a problem.
  public mutating func flag(_ key: Key) -> Bool? {
    guard let text = text(key) else { return nil }
    if let flag = SwitchText.value(of: text) { return flag }
    reject(key, expected: "`true` or `false`")
    return nil
  }

  /// What `read` makes of the text; `nil` without a value, or with a problem.
  ///
  /// - Parameter expected: what the value must be, for the problem.
  public mutating func value<Value>(
    _ key: Key, expected: String, _ read: (String) -> Value?
  ) -> Value? {
    guard let text = text(key) else { return nil }
    if let value = read(text) { return value }
    reject(key, expected: expected)
    return nil
  }

  /// One of a few words, in any case; `nil` without one, or with a problem.
  public mutating func choice<Choice>(
    _ key: Key, among choices: [(name: String, value: Choice)]
  ) -> Choice? {
    value(key, expected: "one of \(choices.map(\.name).joined(separator: ", "))") { text in
      let word = text.lowercased()
      return choices.first { $0.name.lowercased() == word }?.value
    }
  }

  /// An address without a slash at its end; empty without one, or with a problem.
  public mutating func url(_ key: Key) -> String {
    address(text(key) ?? "", key) ?? ""
  }

  /// Addresses with commas between them, without slashes at their ends; none with a problem.
  public mutating func urls(_ key: Key) -> [String] {
    var parts: [String] = []
    for part in (text(key) ?? "").split(separator: ",", omittingEmptySubsequences: false) {
      let part = part.drop(while: { $0 == " " })
      if parts.isEmpty || part.lowercased().hasPrefix("http") {
        parts.append(String(part))
      } else {
        // A password may hold a comma.
        parts[parts.count - 1] += "," + String(part)
      }
    }
    let urls = parts.map { address($0, key) }
    return urls.contains(nil) ? [] : urls.compactMap(\.self)
  }

  /// A file of certificates in PEM; `nil` without one, and a problem where it can't be read or
  /// holds none: what is to trust them would find that out with the first connection, and go on
  /// failing.
  public mutating func certificates(_ key: Key) -> String? {
    guard let path = given(key) else { return nil }
    do throws(TextFile.Failure) {
      try CertificateFile.check(path)
    } catch {
      reject(key, "names the file \(path), which \(error.reason)")
    }
    return path
  }

  private mutating func address(_ given: String, _ key: Key) -> String? {
    var text = given
    while text.hasSuffix("/") { text.removeLast() }
    let scheme = ["http://", "https://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme, text.utf8.count > scheme.utf8.count,
      !text.contains(where: { $0.isWhitespace })
    else {
      // An address may hold a password: it is not shown.
      reject(key, "must be an address that begins with http:// or https://")
      return nil
    }
    return text
  }
}

/// Words for yes and no.
enum SwitchText {
  /// What a word of YAML says; `nil` for any other.
  static func value(of text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "1", "yes", "on": true
    case "false", "0", "no", "off": false
    default: nil
    }
  }
}

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
