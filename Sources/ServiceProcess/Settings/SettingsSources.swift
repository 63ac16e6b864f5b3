#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Where the settings of a program come from; each source yields to those after it.
public struct SettingsSources<Key: Setting>: Sendable {
  /// A YAML file: its path and its text.
  public var file: (path: String, text: String)?
  /// All variables of the process.
  public var environment: [String: String]
  /// What options gave.
  public var commandLine: [Key: String]
  /// Files that another program would read here, and this one does not.
  public var passedOver: [String] = []

  /// These sources, `file` among them if there is one.
  public init(
    file: (path: String, text: String)? = nil, environment: [String: String] = [:],
    commandLine: [Key: String] = [:]
  ) {
    self.file = file
    self.environment = environment
    self.commandLine = commandLine
  }

  /// The sources of this process: the configuration file at `config`, the environment with secrets
  /// that are given as files, and what options gave.
  public static func process(
    config: String? = nil, commandLine: [Key: String] = [:]
  ) throws(SettingsError) -> SettingsSources {
    var file: (path: String, text: String)?
    if let config {
      let place = SettingsFile.place(of: config)
      file = (place, try SettingsFile.read(place))
    }
    var secrets = Key.allCases.filter(\.isSecret).map(\.variable)
    if let adopted = Key.adopted {
      secrets += Key.allCases.filter(\.isSecret).map { adopted.variable(for: $0.path) }
    }
    do throws(SecretFileError) {
      let environment = try SecretFile.resolve(secrets, in: ProcessEnvironment.variables)
      var sources = SettingsSources(
        file: file, environment: environment, commandLine: commandLine)
      if config == nil {
        sources.passedOver = (Key.adopted?.files ?? []).filter { access($0, F_OK) == 0 }
      }
      return sources
    } catch {
      throw SettingsError([error.description])
    }
  }
}

/// The environment of this process.
public enum ProcessEnvironment {
  /// All variables.
  public static var variables: [String: String] {
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
}

/// Where a service is reached from the machine that it runs on.
public enum LocalAddress {
  /// The URL of a service that listens on `host`, which may be all addresses there are.
  ///
  /// - Parameter isSecure: whether it speaks TLS.
  public static func url(host: String, port: Int, isSecure: Bool = false) -> String {
    let name =
      switch host {
      case "", "0.0.0.0": "127.0.0.1"
      case "::", "[::]": "[::1]"
      case let host where host.contains(":") && !host.hasPrefix("["): "[\(host)]"
      default: host
      }
    return "\(isSecure ? "https" : "http")://\(name):\(port)"
  }
}
