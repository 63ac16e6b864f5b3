/// A YAML configuration as dotted names and texts.
enum YAMLSettings {
  /// Far more levels than there are settings; an alias that holds itself ends here.
  private static let depthMax = 16

  /// `service: {http_port: 6333}` becomes `service.http_port` = `6333`. Null leaves a setting
  /// as it is.
  static func flatten(
    _ text: String, path: String
  ) throws(SettingsError) -> [(name: String, value: String)] {
    let document: YAMLDocument
    do throws(YAMLDocument.Problem) {
      document = try YAMLDocument(parsing: text)
    } catch {
      throw .unreadableFile(path: path, reason: error.text)
    }
    var settings: [(name: String, value: String)] = []
    guard let root = document.root, !root.isNull else { return settings }
    guard root.members != nil else {
      throw .unreadableFile(path: path, reason: "the top level must be a mapping")
    }
    try collect(root, under: "", path: path, depth: 0, into: &settings)
    return settings
  }

  private static func collect(
    _ value: YAMLDocument.Value, under name: String, path: String, depth: Int,
    into settings: inout [(name: String, value: String)]
  ) throws(SettingsError) {
    guard depth <= depthMax else {
      throw .unreadableFile(path: path, reason: "it is nested too deeply")
    }
    if let members = value.members {
      var steps: Set<String> = []
      for (key, value) in members {
        let step = key.scalar ?? ""
        guard steps.insert(step).inserted else {
          throw .unreadableFile(path: path, reason: "`\(step)` is there twice")
        }
        let inner = name.isEmpty ? step : "\(name).\(step)"
        try collect(value, under: inner, path: path, depth: depth + 1, into: &settings)
      }
    } else if let text = value.scalar {
      settings.append((name, value.isNull ? "" : text))
    } else {
      throw .invalidValue(key: "\(name) in \(path)", value: nil, expected: "a single value")
    }
  }
}
