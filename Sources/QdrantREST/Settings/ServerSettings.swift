public import Logging
public import QdrantService
package import Replication
public import ServiceProcess
public import TransportBase
public import VectorDB

/// What the server is configured with, every value checked.
public struct ServerSettings: Sendable, Equatable {
  /// The address to listen on.
  public var host = "0.0.0.0"
  /// The REST port; 0 lets the system choose one.
  public var httpPort = 6333
  /// The gRPC port; `nil` for none.
  public var grpcPort: Int? = 6334
  /// Whether the gRPC port was asked for: one that was not is done without where it is taken.
  public var needsGRPCPort = false
  /// A port for the figures alone; `nil` for none.
  public var metricsPort: Int?
  /// The key that permits everything; without any key the server is open.
  public var apiKey: String?
  /// Another key that permits everything.
  public var altAPIKey: String?
  /// The key that permits reading only.
  public var readOnlyAPIKey: String?
  /// Whether tokens are taken that one of the two keys which permit everything has signed.
  public var acceptsTokens = false
  /// Whether both transports speak TLS.
  public var enableTLS = false
  /// Whether clients must show a certificate.
  public var verifyClients = false
  /// The server's certificate, in PEM.
  public var tlsCertificate = "./tls/cert.pem"
  /// Its private key, in PEM.
  public var tlsKey = "./tls/key.pem"
  /// The authorities of clients' certificates, in PEM.
  public var tlsAuthorities = "./tls/cacert.pem"
  /// After how many seconds the certificate is read anew; 0 for never.
  public var tlsReloadSeconds = 3600
  /// Whether pages of other origins may call the server from browsers.
  public var enableCORS = true
  /// Whether there is a dashboard at `/dashboard`.
  public var enableStaticContent = true
  /// A folder with the dashboard's pages, Qdrant's own ones for instance; `nil`, and a folder that
  /// is not there, for the built-in ones.
  public var staticContentFolder: String?
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
  /// Collections that there may be, if fewer than the engine takes.
  public var maxCollections: Int?
  /// When a write reaches the disk.
  public var durability = Durability.sync
  /// Memory that collections, caches and requests may take, in MiB; 0 means no limit.
  public var memoryLimitMB = 0
  /// The size that the data directory may reach, in MiB; 0 means no limit.
  public var diskLimitMB = 0
  /// Free space that writes leave on the file system of the data directory, in MiB.
  public var diskReserveMB = 128
  /// Memory for vectors that stay on disk and were read lately, in MiB.
  public var vectorCacheMB = 64
  /// New vectors of one name in memory, in MiB, before a file takes those that stay on disk.
  public var vectorTailMB = 32
  /// Threads that searches run on; 0 means one a core.
  public var searchThreads = 0
  /// How long a request about points may take before it is logged as slow, in milliseconds; 0
  /// logs none.
  public var slowRequestMilliseconds = 1000
  /// The least severe messages that are logged.
  public var logLevel = Logger.Level.info
  /// Who asks for what, where that is written down; `nil` for nowhere.
  public var audit: AuditLog.Settings?
  /// How messages are written.
  public var logFormat = LogFormat.text
  /// How the log of all changes is shared; `nil` for not at all.
  package var replication: ReplicationSettings?
  /// Where the spans of traces are sent; `nil` for nowhere.
  public var tracing: TracingSettings?

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

  /// Where a server with these settings is reached from this machine.
  public var localURL: String {
    LocalAddress.url(host: host, port: httpPort, isSecure: enableTLS)
  }

  /// Where the certificate is, and what is asked of clients; `nil` without TLS.
  public var certificateFiles: ServerCertificate.Files? {
    guard enableTLS else { return nil }
    return ServerCertificate.Files(
      certificate: tlsCertificate, key: tlsKey,
      clientAuthorities: verifyClients ? tlsAuthorities : nil,
      settings: .init(
        certificate: SettingKey.tlsCertificate.variable, key: SettingKey.tlsKey.variable,
        clientAuthorities: SettingKey.tlsAuthorities.variable))
  }

  /// What callers' keys permit.
  public var accessKeys: AccessKeys {
    AccessKeys(
      full: apiKey, alternative: altAPIKey, readOnly: readOnlyAPIKey, takesTokens: acceptsTokens)
  }

  /// The durability as it is written in a configuration.
  public var durabilityText: String {
    switch durability {
    case .sync: "sync"
    case .interval(let milliseconds): "interval:\(milliseconds)"
    }
  }

  /// What the engine's bounds are.
  public var limits: Limits {
    Limits(
      collectionsMax: maxCollections ?? Limits().collectionsMax,
      unfiledBytesMax: vectorTailMB << 20, vectorCacheBytesMax: vectorCacheMB << 20,
      room: roomLimits)
  }

  /// The limits of memory and disk in the engine's terms.
  public var roomLimits: RoomLimits {
    RoomLimits(
      memoryBytes: memoryLimitMB << 20, diskBytes: diskLimitMB << 20,
      diskReserveBytes: diskReserveMB << 20)
  }

}

extension ServerSettings {
  /// Reads the settings, the built-in ones where no source gives a value.
  ///
  /// - Returns: the settings, and one sentence for each thing that the user should be told.
  /// - Throws: `SettingsError` with everything that is unknown, malformed or promises too much.
  public static func load(
    _ sources: SettingsSources<SettingKey>
  ) throws(SettingsError) -> (settings: ServerSettings, warnings: [String]) {
    var reader = SettingsReader(sources)
    let settings = ServerSettings(reading: &reader)
    try reader.finish()
    return (settings, reader.warnings)
  }

  private init(reading reader: inout SettingsReader<SettingKey>) {
    self.init()
    let sizes = 0...1_073_741_824
    func set<Value>(_ member: WritableKeyPath<Self, Value>, _ value: Value?) {
      if let value { self[keyPath: member] = value }
    }
    set(\.host, reader.given(.host))
    set(\.httpPort, reader.integer(.httpPort, in: 0...65_535))
    if let port = reader.value(.grpcPort, expected: "0 to 65535, or nothing", Self.port) {
      grpcPort = port == 0 ? nil : port
      needsGRPCPort = port > 0
    }
    if let port = reader.value(.metricsPort, expected: "0 to 65535, or nothing", Self.port) {
      metricsPort = port == 0 ? nil : port
    }
    set(\.apiKey, reader.given(.apiKey))
    set(\.altAPIKey, reader.given(.altAPIKey))
    set(\.readOnlyAPIKey, reader.given(.readOnlyAPIKey))
    set(\.acceptsTokens, reader.flag(.jwtRBAC))
    if acceptsTokens, apiKey == nil, altAPIKey == nil {
      reader.reject(.jwtRBAC, "needs `service.api_key`, which signs the tokens")
    }
    set(\.enableTLS, reader.flag(.enableTLS))
    set(\.verifyClients, reader.flag(.verifyClients))
    set(\.tlsCertificate, reader.given(.tlsCertificate))
    set(\.tlsKey, reader.given(.tlsKey))
    // Configurations of Qdrant name the usual file, be it there or not.
    let isUsual = reader.given(.tlsAuthorities) == tlsAuthorities
    set(
      \.tlsAuthorities,
      isUsual ? reader.given(.tlsAuthorities) : reader.certificates(.tlsAuthorities))
    set(\.tlsReloadSeconds, reader.integer(.tlsReloadSeconds, in: 0...31_536_000))
    if verifyClients, !enableTLS {
      reader.reject(.verifyClients, "needs `service.enable_tls`: without TLS nobody is asked")
    }
    set(\.enableCORS, reader.flag(.enableCORS))
    set(\.enableStaticContent, reader.flag(.enableStaticContent))
    set(\.staticContentFolder, reader.given(.staticContentFolder))
    set(\.maxRequestSizeMB, reader.integer(.maxRequestSizeMB, in: 1...4096))
    set(\.maxInflightMB, reader.integer(.maxInflightMB, in: 1...1_048_576))
    set(\.maxSnapshotUploadMB, reader.integer(.maxSnapshotUploadMB, in: 1...1_073_741_824))
    set(\.enableSnapshotURLRecovery, reader.flag(.enableSnapshotURLRecovery))
    set(\.shutdownGraceMilliseconds, reader.integer(.shutdownGraceMilliseconds, in: 0...5000))
    set(\.storagePath, reader.given(.storagePath))
    set(\.snapshotsPath, reader.given(.snapshotsPath))
    audit = readAudit(&reader)
    tracing = reader.tracing(called: "quiver")
    replication = reader.replication()
    maxCollections = reader.value(.maxCollections, expected: "a whole number", Self.collections)
    set(
      \.durability,
      reader.value(
        .durability, expected: "`sync` or `interval:<ms>` with 1 to 60000 ms", Self.durability))
    set(\.memoryLimitMB, reader.integer(.memoryLimitMB, in: sizes))
    set(\.diskLimitMB, reader.integer(.diskLimitMB, in: sizes))
    set(\.diskReserveMB, reader.integer(.diskReserveMB, in: sizes))
    set(\.vectorCacheMB, reader.integer(.vectorCacheMB, in: 0...(1 << 20)))
    set(\.vectorTailMB, reader.integer(.vectorTailMB, in: 0...(1 << 20)))
    set(\.searchThreads, reader.integer(.searchThreads, in: 0...1024))
    set(\.slowRequestMilliseconds, reader.integer(.slowRequestMilliseconds, in: 0...3_600_000))
    set(
      \.logLevel,
      reader.value(
        .logLevel, expected: "trace, debug, info, warn, error or off", Self.level))
    set(
      \.logFormat,
      reader.choice(
        .logFormat, among: LogFormat.allCases.map { (name: $0.rawValue, value: $0) }))
  }

  private func readAudit(_ reader: inout SettingsReader<SettingKey>) -> AuditLog.Settings? {
    let isEnabled = reader.flag(.auditEnabled) ?? false
    let rotations = AuditLog.Settings.Rotation.allCases.map { (name: $0.rawValue, value: $0) }
    let beside = snapshotFolder.path.split(separator: "/", omittingEmptySubsequences: false)
    let standard = AuditLog.Settings(folder: (beside.dropLast() + ["audit"]).joined(separator: "/"))
    let settings = AuditLog.Settings(
      folder: reader.given(.auditFolder) ?? standard.folder,
      rotation: reader.choice(.auditRotation, among: rotations) ?? standard.rotation,
      filesMax: reader.integer(.auditFilesMax, in: 1...10_000) ?? standard.filesMax,
      trustsForwarding: reader.flag(.auditTrustsForwarding) ?? false,
      namesAPI: reader.flag(.auditNamesAPI) ?? true)
    return isEnabled ? settings : nil
  }

  /// A port; 0 for a text that is empty.
  private static func port(_ text: String) -> Int? {
    if text.isEmpty { return 0 }
    return Int(text).flatMap { (0...65_535).contains($0) ? $0 : nil }
  }

  /// A number of collections, which is no more than the engine takes; 10.0 is one, too.
  private static func collections(_ text: String) -> Int? {
    guard let number = Double(text), number >= 0, number == number.rounded() else { return nil }
    return Int(min(number, Double(Limits().collectionsMax)))
  }

  private static func durability(_ text: String) -> Durability? {
    if text == "sync" { return .sync }
    guard text.hasPrefix("interval:"), let milliseconds = Int(text.dropFirst(9)),
      (1...60_000).contains(milliseconds)
    else { return nil }
    return .interval(milliseconds: milliseconds)
  }

  private static func level(_ text: String) -> Logger.Level? {
    // Qdrant takes lists such as `info,raft=debug`; the part for everything counts here.
    let parts = text.lowercased().split(separator: ",")
    switch parts.first(where: { !$0.contains("=") }) ?? "info" {
    case "trace": return .trace
    case "debug": return .debug
    case "info": return .info
    case "notice": return .notice
    case "warn", "warning": return .warning
    case "error": return .error
    case "off", "critical": return .critical
    default: return nil
    }
  }
}
