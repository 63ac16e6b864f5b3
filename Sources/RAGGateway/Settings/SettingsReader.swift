/// Reads typed values from environment variables and collects what is wrong with them.
struct SettingsReader {
  private let environment: [String: String]
  private(set) var problems: [String] = []

  /// An empty value counts as none, as deployment files write it.
  init(environment: [String: String]) {
    self.environment = environment.filter { !$0.value.trimmed.isEmpty }
    let known = Set(SettingKey.allCases.map(\.rawValue))
    for name in environment.keys.sorted() where !known.contains(name) {
      guard SettingKey.prefixes.contains(where: { name.hasPrefix($0) }) else { continue }
      var problem = "\(name) is not a setting of quiver-gateway"
      if let near = Self.nearest(to: name) { problem += "; did you mean \(near)?" }
      problems.append(problem)
    }
  }

  /// The value in the environment; `nil` when there is none.
  func given(_ key: SettingKey) -> String? { environment[key.rawValue]?.trimmed }

  /// The value in the environment or the default.
  func text(_ key: SettingKey) -> String? { given(key) ?? key.defaultValue }

  mutating func reject(_ key: SettingKey, _ reason: String) {
    problems.append("\(key.rawValue) \(reason)")
  }

  mutating func integer(_ key: SettingKey, in range: ClosedRange<Int>) -> Int? {
    guard let text = text(key) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      reject(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  mutating func number(_ key: SettingKey, in range: ClosedRange<Double>) -> Double? {
    guard let text = text(key) else { return nil }
    guard let number = Double(text), range.contains(number) else {
      reject(key, "must be a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  mutating func choice<Choice>(
    _ key: SettingKey, among choices: [(name: String, value: Choice)]
  ) -> Choice? {
    let text = (text(key) ?? "").lowercased()
    if let found = choices.first(where: { $0.name.lowercased() == text }) { return found.value }
    reject(key, "must be one of \(choices.map(\.name).joined(separator: ", "))")
    return nil
  }

  mutating func url(_ key: SettingKey) -> String {
    var text = text(key) ?? ""
    while text.hasSuffix("/") { text.removeLast() }
    let scheme = ["http://", "https://"].first { text.lowercased().hasPrefix($0) }
    guard let scheme, text.utf8.count > scheme.utf8.count,
      !text.contains(where: { $0.isWhitespace })
    else {
      reject(key, "must be an address that begins with http:// or https://")
      return ""
    }
    return text
  }

  private static func nearest(to name: String) -> String? {
    let ranked = SettingKey.allCases.map { ($0.rawValue, distance(name, $0.rawValue)) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= 4 else { return nil }
    return best.0
  }

  /// Insertions, deletions and replacements between two names.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (i, a) in left.utf8.enumerated() {
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
