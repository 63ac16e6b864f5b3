/// Puts the settings together: built-in, then file, then environment, then command line.
public struct SettingsLoader: Sendable {
  /// The settings, and what the user should be told about them.
  public struct Outcome: Sendable, Equatable {
    /// Every value, checked.
    public var settings: ServerSettings
    /// One sentence each, without secrets.
    public var warnings: [String]
  }

  private struct Entry {
    let key: SettingKey
    let text: String
    let name: String
  }

  /// Settings of a `QDRANT__` environment that promise protection. Starting without it would
  /// be worse than not starting.
  private static let securitySwitches: Set<String> = [
    "service.enable_tls", "service.jwt_rbac", "service.verify_https_client_certificate",
    "cluster.p2p.enable_tls", "audit.enabled",
  ]
  private static let securityValues: Set<String> = ["service.alt_api_key"]

  /// Loads the settings.
  ///
  /// - Parameters:
  ///   - file: the path of a YAML file and its text.
  ///   - environment: all variables of the process.
  ///   - commandLine: what options gave.
  /// - Throws: the first setting that is unknown, malformed or promises too much.
  public static func load(
    file: (path: String, text: String)?, environment: [String: String],
    commandLine: [SettingKey: String]
  ) throws(SettingsError) -> Outcome {
    var warnings: [String] = []
    var entries: [Entry] = []
    if let file { entries += try fileEntries(file.path, file.text) }
    // Later entries win: the names of this server over those it takes over from Qdrant.
    entries += try qdrantEntries(environment, &warnings)
    entries += try ownEntries(environment)
    for (key, text) in commandLine {
      entries.append(Entry(key: key, text: text, name: key.rawValue))
    }
    var settings = ServerSettings()
    for entry in entries {
      if entry.text.isEmpty {
        if entry.key.isSecret {
          warnings.append("\(entry.name) is empty and counts as not set")
        }
        continue
      }
      try settings.set(entry.key, to: entry.text, name: entry.name)
    }
    return Outcome(settings: settings, warnings: warnings)
  }

  private static func fileEntries(
    _ path: String, _ text: String
  ) throws(SettingsError) -> [Entry] {
    var entries: [Entry] = []
    for (name, value) in try YAMLSettings.flatten(text, path: path) {
      guard let key = SettingKey(rawValue: name) else {
        // A section without members, as a commented-out one leaves behind.
        let isSection = SettingKey.allCases.contains { $0.rawValue.hasPrefix(name + ".") }
        if value.isEmpty, isSection { continue }
        let nearest = SettingKey.nearest(to: name).rawValue
        throw .unknownKey("\(name) in \(path)", nearest: nearest)
      }
      entries.append(Entry(key: key, text: value, name: name))
    }
    return entries
  }

  private static func ownEntries(
    _ environment: [String: String]
  ) throws(SettingsError) -> [Entry] {
    var entries: [Entry] = []
    for (variable, value) in variables(environment, prefix: "QUIVER__") {
      guard let key = SettingKey(rawValue: path(of: variable)) else {
        let nearest = SettingKey.nearest(to: path(of: variable))
        throw .unknownKey(variable, nearest: self.variable(for: nearest))
      }
      entries.append(Entry(key: key, text: value, name: variable))
    }
    return entries
  }

  private static func qdrantEntries(
    _ environment: [String: String], _ warnings: inout [String]
  ) throws(SettingsError) -> [Entry] {
    var entries: [Entry] = []
    for (variable, value) in variables(environment, prefix: "QDRANT__") {
      let path = path(of: variable)
      if let key = SettingKey(rawValue: path) {
        entries.append(Entry(key: key, text: value, name: variable))
      } else if securitySwitches.contains(path) {
        if isOn(value) { throw .unsupportedSecurity(variable) }
      } else if securityValues.contains(path) {
        if !value.isEmpty { throw .unsupportedSecurity(variable) }
      } else {
        warnings.append("\(variable) is not supported and has no effect")
      }
    }
    return entries
  }

  private static func variables(
    _ environment: [String: String], prefix: String
  ) -> [(name: String, value: String)] {
    environment.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
      .map { (name: $0.key, value: $0.value) }
  }

  /// `QUIVER__SERVICE__HTTP_PORT` becomes `service.http_port`.
  private static func path(of variable: String) -> String {
    let steps = variable.lowercased().split(separator: "__", omittingEmptySubsequences: false)
    return steps.dropFirst().joined(separator: ".")
  }

  private static func variable(for key: SettingKey) -> String {
    let steps = key.rawValue.uppercased().split(separator: ".")
    return "QUIVER__" + steps.joined(separator: "__")
  }

  private static func isOn(_ text: String) -> Bool {
    !["", "0", "false", "no", "off"].contains(text.lowercased())
  }
}
