import Glibc
import ServiceProcess

/// Where vectors come from.
public struct EmbeddingSettings: Sendable, Equatable {
  /// Who makes them.
  public enum Provider: String, Sendable, CaseIterable {
    case local, openai
  }

  /// Who makes the vectors.
  public var provider: Provider
  /// The model's name.
  public var model: String
  /// Folder of the local model.
  public var modelPath: String
  /// Address without a slash at its end.
  public var baseURL: String
  /// Key that the provider asks for.
  public var apiKey: String?
  /// Texts in one request.
  public var batch: Int
  /// Requests in flight.
  public var concurrency: Int
  /// Patience with one attempt.
  public var timeout: Duration

  init(reading reader: inout SettingsReader<SettingKey>, chat: GenerationSettings) {
    let providers = Provider.allCases.map { (name: $0.rawValue, value: $0) }
    provider = reader.choice(.embeddingProvider, among: providers) ?? .local
    modelPath = reader.text(.embeddingModelPath) ?? ""
    baseURL = reader.url(.embeddingURL)
    batch = reader.integer(.embeddingBatch, in: 1...2_048) ?? 1
    concurrency = reader.integer(.embeddingConcurrency, in: 1...64) ?? 1
    timeout = .seconds(reader.number(.embeddingTimeout, in: 0.1...3_600) ?? 60)
    let localModel = "all-MiniLM-L6-v2"
    switch provider {
    case .local:
      model = reader.given(.embeddingModel) ?? localModel
      apiKey = nil
      let name = model.split(separator: "/").last.map(String.init) ?? model
      if name != localModel {
        reader.reject(.embeddingModel, "must be \(localModel) with the provider `local`")
      }
      model = localModel
    case .openai:
      model = reader.given(.embeddingModel) ?? "text-embedding-3-small"
      // A key is shared with the same address only: it is never sent to another host.
      apiKey = reader.given(.embeddingKey) ?? (baseURL == chat.baseURL ? chat.apiKey : nil)
      if apiKey == nil, reader.given(.embeddingURL) == nil {
        reader.reject(.embeddingKey, "is needed for \(baseURL)")
      }
    }
  }
}

/// Where the local model is looked for when no folder is named.
enum ModelFolder {
  private static let name = "all-MiniLM-L6-v2"

  /// The first of these folders that is there: below the working directory, below a folder that
  /// holds the program, however deep, and where the image has it. The first when none is.
  static var standard: String {
    let own = ".quiver/models/\(name)"
    var candidates = [own]
    var folder = program
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      candidates.append("\(folder)/\(own)")
    }
    candidates.append("/usr/local/share/quiver/\(name)")
    return candidates.first { access($0 + "/model.safetensors", R_OK) == 0 } ?? own
  }

  private static var program: String {
    guard let path = realpath("/proc/self/exe", nil) else { return "" }
    defer { free(path) }
    return String(cString: path)
  }
}
