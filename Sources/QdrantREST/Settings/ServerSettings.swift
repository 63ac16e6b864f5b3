public import Logging
public import ServiceProcess
public import VectorDB

/// What the server is configured with, every value checked.
public struct ServerSettings: Sendable, Equatable {
  /// The address to listen on.
  public var host = "0.0.0.0"
  /// The REST port; 0 lets the system choose one.
  public var httpPort = 6333
  /// The key that permits everything; without any key the server is open.
  public var apiKey: String?
  /// The key that permits reading only.
  public var readOnlyAPIKey: String?
  /// The largest request body, in MiB.
  public var maxRequestSizeMB = 32
  /// Request bodies held in memory at once, in MiB.
  public var maxInflightMB = 256
  /// The largest snapshot that may be uploaded, in MiB.
  public var maxSnapshotUploadMB = 65_536
  /// Whether a snapshot may be recovered from a URL, which lets clients make the server send
  /// requests.
  public var enableSnapshotURLRecovery = false
  /// How long the port stays open after readiness was withdrawn, in milliseconds.
  public var shutdownGraceMilliseconds = 500
  /// The data directory.
  public var storagePath = "./storage"
  /// The directory of snapshots; `nil` for `snapshots` beside the data directory.
  public var snapshotsPath: String?
  /// When a write reaches the disk.
  public var durability = Durability.sync
  /// Memory that collections, caches and requests may take, in MiB; 0 means no limit.
  public var memoryLimitMB = 0
  /// The size that the data directory may reach, in MiB; 0 means no limit.
  public var diskLimitMB = 0
  /// Free space that writes leave on the file system of the data directory, in MiB.
  public var diskReserveMB = 128
  /// Threads that searches run on; 0 means one a core.
  public var searchThreads = 0
  /// How long a request about points may take before it is logged as slow, in milliseconds; 0
  /// logs none.
  public var slowRequestMilliseconds = 1000
  /// The least severe messages that are logged.
  public var logLevel = Logger.Level.info
  /// How messages are written.
  public var logFormat = LogFormat.text

  /// The built-in settings.
  public init() {}

  /// Where snapshots are kept.
  public var snapshotFolder: SnapshotFolder {
    if let snapshotsPath { return SnapshotFolder(path: snapshotsPath) }
    var steps = storagePath.split(separator: "/", omittingEmptySubsequences: false)
    while steps.count > 1, steps.last == "" { steps.removeLast() }
    if steps.count == 1 { steps.insert(".", at: 0) }
    return SnapshotFolder(path: (steps.dropLast() + ["snapshots"]).joined(separator: "/"))
  }

  /// The durability as it is written in a configuration.
  public var durabilityText: String {
    switch durability {
    case .sync: "sync"
    case .interval(let milliseconds): "interval:\(milliseconds)"
    }
  }

  /// The limits of memory and disk in the engine's terms.
  public var roomLimits: RoomLimits {
    RoomLimits(
      memoryBytes: memoryLimitMB << 20, diskBytes: diskLimitMB << 20,
      diskReserveBytes: diskReserveMB << 20)
  }

  /// Sets one value from its text.
  ///
  /// - Parameter name: what the user called the setting, for the error.
  mutating func set(
    _ key: SettingKey, to text: String, name: String
  ) throws(SettingsError) {
    func number(_ range: ClosedRange<Int>) throws(SettingsError) -> Int {
      guard let number = Int(text), range.contains(number) else {
        throw .invalidValue(
          key: name, value: text,
          expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    switch key {
    case .host: host = text
    case .httpPort: httpPort = try number(0...65_535)
    case .apiKey: apiKey = text
    case .readOnlyAPIKey: readOnlyAPIKey = text
    case .maxRequestSizeMB: maxRequestSizeMB = try number(1...4096)
    case .maxInflightMB: maxInflightMB = try number(1...1_048_576)
    case .shutdownGraceMilliseconds: shutdownGraceMilliseconds = try number(0...5000)
    case .maxSnapshotUploadMB: maxSnapshotUploadMB = try number(1...1_073_741_824)
    case .enableSnapshotURLRecovery: enableSnapshotURLRecovery = try Self.bool(text, name: name)
    case .storagePath: storagePath = text
    case .snapshotsPath: snapshotsPath = text
    case .durability: durability = try Self.durability(text, name: name)
    case .memoryLimitMB: memoryLimitMB = try number(0...1_073_741_824)
    case .diskLimitMB: diskLimitMB = try number(0...1_073_741_824)
    case .diskReserveMB: diskReserveMB = try number(0...1_073_741_824)
    case .searchThreads: searchThreads = try number(0...1024)
    case .slowRequestMilliseconds: slowRequestMilliseconds = try number(0...3_600_000)
    case .logLevel: logLevel = try Self.level(text, name: name)
    case .logFormat:
      guard let format = LogFormat(rawValue: text.lowercased()) else {
        throw .invalidValue(key: name, value: text, expected: "`text` or `json`")
      }
      logFormat = format
    }
  }

  private static func bool(_ text: String, name: String) throws(SettingsError) -> Bool {
    switch text.lowercased() {
    case "true", "1", "yes", "on": return true
    case "false", "0", "no", "off": return false
    default: throw .invalidValue(key: name, value: text, expected: "`true` or `false`")
    }
  }

  private static func durability(
    _ text: String, name: String
  ) throws(SettingsError) -> Durability {
    if text == "sync" { return .sync }
    if text.hasPrefix("interval:"), let milliseconds = Int(text.dropFirst(9)),
      (1...60_000).contains(milliseconds)
    {
      return .interval(milliseconds: milliseconds)
    }
    throw .invalidValue(
      key: name, value: text, expected: "`sync` or `interval:<ms>` with 1 to 60000 ms")
  }

  private static func level(_ text: String, name: String) throws(SettingsError) -> Logger.Level {
    // Qdrant takes lists such as `info,raft=debug`; the part for everything counts here.
    let parts = text.lowercased().split(separator: ",")
    let general = parts.first { !$0.contains("=") } ?? "info"
    switch general {
    case "trace": return .trace
    case "debug": return .debug
    case "info": return .info
    case "notice": return .notice
    case "warn", "warning": return .warning
    case "error": return .error
    case "off", "critical": return .critical
    default:
      throw .invalidValue(
        key: name, value: text, expected: "trace, debug, info, warn, error or off")
    }
  }
}
