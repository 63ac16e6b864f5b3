import FoundationEssentials
import ServiceProcess

/// The two templates that a language model is asked for an insight with.
public struct InsightPrompt: Sendable, Equatable {
  /// What the model is told about its task.
  public let system: PromptTemplate
  /// The question with its passages.
  public let human: PromptTemplate

  /// Reads the YAML form: a mapping with the strings `system` and `human`.
  ///
  /// - Throws: `PromptError` when a part is missing or neither template holds the question and the
  ///   context.
  public init(yaml: String) throws(PromptError) {
    let root: YAMLDocument.Value?
    do throws(YAMLDocument.Problem) {
      root = try YAMLDocument(parsing: yaml).root
    } catch {
      throw .format("not valid YAML: \(error.text)")
    }
    guard let system = root?["system"], let human = root?["human"] else {
      throw .format("expected a mapping with the strings `system` and `human`")
    }
    self.system = try PromptTemplate(system)
    self.human = try PromptTemplate(human)
    let variables = self.system.variables.union(self.human.variables)
    for needed in [PromptTemplate.Variable.question, .context] where !variables.contains(needed) {
      throw .template("neither part holds {\(needed.rawValue)}")
    }
  }

  /// The prompt of a version: from `path`, a file or a folder with `<version>.yaml`, or the one
  /// that is built in.
  public static func load(path: String?, version: String) throws(PromptError) -> InsightPrompt {
    guard let path else { return try builtIn(version: version) }
    var isFolder = false
    let file =
      FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
      ? "\(path)/\(version).yaml" : path
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: file))
    } catch {
      throw .unreadable(path: file, reason: "the file is missing or not readable")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(path: file, reason: "it is not UTF-8")
    }
    return try InsightPrompt(yaml: text)
  }

  private static func builtIn(version: String) throws(PromptError) -> InsightPrompt {
    guard version == "v1" else { throw .unknownVersion(version, known: ["v1"]) }
    return try InsightPrompt(yaml: String(decoding: PackageResources.v1_yaml, as: UTF8.self))
  }
}
