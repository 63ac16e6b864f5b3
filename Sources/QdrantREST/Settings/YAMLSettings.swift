import Yams

/// A YAML configuration as dotted names and texts.
enum YAMLSettings {
  /// `service: {http_port: 6333}` becomes `service.http_port` = `6333`. Null leaves a setting
  /// as it is.
  static func flatten(
    _ text: String, path: String
  ) throws(SettingsError) -> [(name: String, value: String)] {
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch {
      throw .unreadableFile(path: path, reason: "\(error)")
    }
    var settings: [(name: String, value: String)] = []
    guard let root, root.null == nil else { return settings }
    guard root.mapping != nil else {
      throw .unreadableFile(path: path, reason: "the top level must be a mapping")
    }
    try collect(root, under: "", path: path, into: &settings)
    return settings
  }

  private static func collect(
    _ node: Node, under name: String, path: String,
    into settings: inout [(name: String, value: String)]
  ) throws(SettingsError) {
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        let step = key.string ?? ""
        let inner = name.isEmpty ? step : "\(name).\(step)"
        try collect(value, under: inner, path: path, into: &settings)
      }
    case .scalar(let scalar):
      settings.append((name, node.null == nil ? scalar.string : ""))
    case .sequence, .alias:
      throw .invalidValue(key: "\(name) in \(path)", value: nil, expected: "a single value")
    }
  }
}
