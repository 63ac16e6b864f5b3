import ArgumentParser
import QdrantREST
import ServiceProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The options that configure the server. Keys are not among them: a command line is visible to
/// every user of the machine.
struct SettingsOptions: ParsableArguments {
  @Option(name: .long, help: "A YAML configuration file.")
  var config: String?

  @Option(name: .long, help: "The address to listen on.")
  var host: String?

  @Option(name: .long, help: "The REST port.")
  var httpPort: String?

  @Option(name: .long, help: "The data directory.")
  var storagePath: String?

  @Option(name: .long, help: "The directory of snapshots.")
  var snapshotsPath: String?

  @Option(name: .long, help: "When writes reach the disk: `sync` or `interval:<ms>`.")
  var durability: String?

  @Option(name: .long, help: "Threads that searches run on; 0 means one a core.")
  var searchThreads: String?

  @Option(name: .long, help: "trace, debug, info, warn, error or off.")
  var logLevel: String?

  @Option(name: .long, help: "How messages are written: `text` or `json`.")
  var logFormat: String?

  /// The variables that may be given as files, with `_FILE` behind their names.
  private static let secrets = ["QUIVER__", "QDRANT__"].flatMap { prefix in
    ["SERVICE__API_KEY", "SERVICE__READ_ONLY_API_KEY"].map { prefix + $0 }
  }

  /// All settings from all sources.
  func load() throws -> SettingsLoader.Outcome {
    var commandLine: [SettingKey: String] = [:]
    commandLine[.host] = host
    commandLine[.httpPort] = httpPort
    commandLine[.storagePath] = storagePath
    commandLine[.snapshotsPath] = snapshotsPath
    commandLine[.durability] = durability
    commandLine[.searchThreads] = searchThreads
    commandLine[.logLevel] = logLevel
    commandLine[.logFormat] = logFormat
    return try Self.load(config: config, commandLine: commandLine)
  }

  /// The settings of a command line with these options.
  static func load(
    config: String? = nil, commandLine: [SettingKey: String] = [:]
  ) throws -> SettingsLoader.Outcome {
    var file: (path: String, text: String)?
    if let config { file = (config, try text(of: config)) }
    let environment = try SecretFile.resolve(secrets, in: Self.environment())
    return try SettingsLoader.load(file: file, environment: environment, commandLine: commandLine)
  }

  /// All variables of the process.
  static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    var cursor = environ
    while let entry = cursor.pointee {
      let text = String(cString: entry)
      if let split = text.firstIndex(of: "=") {
        variables[String(text[..<split])] = String(text[text.index(after: split)...])
      }
      cursor += 1
    }
    return variables
  }

  private static func text(of path: String) throws(SettingsError) -> String {
    guard let file = fopen(path, "r") else {
      throw .unreadableFile(path: path, reason: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    if ferror(file) != 0 { throw .unreadableFile(path: path, reason: "read error") }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .unreadableFile(path: path, reason: "not UTF-8")
    }
    return text
  }
}
