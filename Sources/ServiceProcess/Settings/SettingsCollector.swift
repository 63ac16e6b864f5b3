/// Brings what all sources give under the settings' keys: a file yields to the environment, the
/// environment to the command line, and the names of another program to the program's own.
struct SettingsCollector<Key: Setting> {
  private(set) var problems: [String] = []
  private(set) var warnings: [String] = []
  private(set) var entries: [Key: SettingsReader<Key>.Entry] = [:]
  private let keys = Dictionary(uniqueKeysWithValues: Key.allCases.map { ($0.path, $0) })

  mutating func collect(_ sources: SettingsSources<Key>) {
    collectStandard(sources.environment)
    if let file = sources.file { collect(file.text, of: file.path) }
    let variables = sources.environment.sorted { $0.key < $1.key }
    if let adopted = Key.adopted {
      for (name, text) in variables where name.uppercased().hasPrefix(adopted.prefix) {
        let steps = name.dropFirst(adopted.prefix.count).lowercased()
        let path = steps.split(separator: "__", omittingEmptySubsequences: false)
          .joined(separator: ".")
        collect(.text(text), at: path, name: name, from: .environment)
      }
    }
    let own = Dictionary(uniqueKeysWithValues: Key.allCases.map { ($0.variable, $0) })
    for (name, text) in variables where Key.prefixes.contains(where: { name.hasPrefix($0) }) {
      if let key = own[name] {
        set(key, to: text, name: name, from: .environment)
      } else {
        let near = nearest(to: name, among: own.keys, within: max(4, name.utf8.count / 4))
        problems.append(
          "\(name) is not a setting of \(Key.program)\(near.map { "; did you mean \($0)?" } ?? "")")
      }
    }
    warnings += sources.passedOver.map { "\($0) is not read; --config \($0) has it read" }
    for (key, text) in sources.commandLine {
      set(key, to: text, name: "\(key.path) on the command line", from: .commandLine)
    }
  }

  /// Takes what the standard variables of OpenTelemetry say. They may be meant for all programs of
  /// a machine: everything else goes before them.
  private mutating func collectStandard(_ environment: [String: String]) {
    guard Key.tracing(.endpoint) != nil else { return }
    let (values, told) = TracingSettings.standard(environment)
    for (member, text, name) in values {
      if let key = Key.tracing(member) { set(key, to: text, name: name, from: .environment) }
    }
    warnings += told
  }

  private mutating func collect(_ text: String, of path: String) {
    do throws(SettingsError) {
      for (name, value) in try SettingsFile(text, path: path).values {
        collect(value, at: name, name: "\(name) in \(path)", from: .file(path))
      }
    } catch {
      problems += error.problems
    }
  }

  private mutating func set(
    _ key: Key, to text: String, name: String, from origin: SettingsReader<Key>.Origin
  ) {
    let value = text.trimmingBlanks
    if !value.isEmpty || key.canBeEmpty {
      entries[key] = .init(text: value, name: name, origin: origin)
    } else if key.isSecret {
      // Blanks may be a key that got lost on its way here.
      if text.isEmpty {
        warnings.append("\(name) is empty and counts as not set")
      } else {
        problems.append("\(name) is blank; remove it to start without")
      }
    }
  }

  /// Takes what stands at a place of the program's own configuration, or of the one it takes over.
  private mutating func collect(
    _ value: SettingsFile.Value, at path: String, name: String,
    from origin: SettingsReader<Key>.Origin
  ) {
    if let key = keys[path] {
      switch value {
      case .text(let text): set(key, to: text, name: name, from: origin)
      case .nothing: if key.canBeEmpty { set(key, to: "", name: name, from: origin) }
      case .list: problems.append("\(name) must be a single value, not a list")
      }
    } else if let key = keys.first(where: { path.hasPrefix($0.key + ".") }) {
      problems.append("\(name): \(key.key) must be a single value, not a section")
    } else if let rule = Key.adopted?.rule(for: path) {
      apply(rule, to: value, name: name)
    } else if isSection(path) {
      guard value != .nothing, value != .text("") else { return }
      problems.append("\(name) must be a section with settings in it")
    } else {
      unknown(path, value, name: name)
    }
  }

  private func isSection(_ path: String) -> Bool {
    keys.keys.contains { $0.hasPrefix(path + ".") } || Key.adopted?.isSection(path) == true
  }

  private mutating func apply(
    _ rule: AdoptedSettings.Rule, to value: SettingsFile.Value, name: String
  ) {
    let text: String
    switch value {
    case .nothing: return
    case .text(let given): text = given.trimmingBlanks.lowercased()
    case .list: text = "list"
    }
    if text.isEmpty { return }
    switch rule {
    case .noEffectBut(let values) where values.contains(text): break
    case .noEffect, .noEffectBut: warnings.append("\(name) is not supported and has no effect")
    case .protection where SwitchText.value(of: text) == false: break
    case .protection, .protectingValue:
      problems.append(
        "\(name) asks for protection that \(Key.program) does not offer; remove it to start "
          + "without")
    }
  }

  /// A name without a rule. One that is nearly known is an error: what it says must not be lost,
  /// least of all a key.
  private mutating func unknown(_ path: String, _ value: SettingsFile.Value, name: String) {
    let known = Array(keys.keys) + (Key.adopted?.protecting ?? [])
    if let near = nearest(to: path, among: known, within: 2) {
      problems.append("\(name) is not a setting of \(Key.program); did you mean \(near)?")
    } else if Key.adopted?.covers(path) == true {
      apply(.noEffect, to: value, name: name)
    } else if Key.adopted != nil {
      let near = nearest(to: path, among: known, within: path.utf8.count / 3)
      warnings.append(
        "\(name) is not a setting and has no effect\(near.map { "; did you mean \($0)?" } ?? "")")
    } else {
      problems.append("\(name) is not a setting of \(Key.program)")
    }
  }

  /// The known name with the fewest insertions, deletions and replacements to `name`, if these are
  /// few enough.
  private func nearest(
    to name: String, among known: some Sequence<String>, within limit: Int
  ) -> String? {
    // A name that is far longer than any known one is near to none.
    let name = Array(name.utf8.prefix(256))
    let ranked = known.map { (distance: Self.distance(name, Array($0.utf8)), name: $0) }
    guard let best = ranked.min(by: { $0 < $1 }), best.distance <= limit else { return nil }
    return best.name
  }

  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}

extension String {
  /// The text without white space at its ends.
  fileprivate var trimmingBlanks: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
