import Logging
import QdrantREST
import Testing
import VectorDB

@Suite struct SettingsTests {
  private func load(
    yaml: String? = nil, _ environment: [String: String] = [:],
    commandLine: [SettingKey: String] = [:]
  ) throws(SettingsError) -> SettingsLoader.Outcome {
    try SettingsLoader.load(
      file: yaml.map { (path: "quiver.yaml", text: $0) }, environment: environment,
      commandLine: commandLine)
  }

  @Test func laterSourcesWin() throws {
    let yaml = """
      log_level: WARN
      service:
        http_port: 1001
        host: 127.0.0.1
      storage:
      """
    #expect(try load().settings == ServerSettings())
    #expect(try load(yaml: yaml).settings.httpPort == 1001)
    #expect(try load(yaml: yaml).settings.logLevel == .warning)
    let taken = ["QDRANT__SERVICE__HTTP_PORT": "1002"]
    #expect(try load(yaml: yaml, taken).settings.httpPort == 1002)
    let own = taken.merging(["QUIVER__SERVICE__HTTP_PORT": "1003"]) { $1 }
    #expect(try load(yaml: yaml, own).settings.httpPort == 1003)
    let final = try load(yaml: yaml, own, commandLine: [.httpPort: "1004"])
    #expect(final.settings.httpPort == 1004)
    #expect(final.settings.host == "127.0.0.1")
    #expect(final.warnings.isEmpty)
  }

  @Test func everyNameIsRead() throws {
    let settings = try load([
      "QUIVER__SERVICE__HOST": "h", "QUIVER__SERVICE__API_KEY": "k",
      "QUIVER__SERVICE__READ_ONLY_API_KEY": "r", "QUIVER__SERVICE__MAX_REQUEST_SIZE_MB": "5",
      "QUIVER__SERVICE__MAX_INFLIGHT_MB": "6", "QUIVER__SERVICE__SHUTDOWN_GRACE_MS": "0",
      "QUIVER__STORAGE__STORAGE_PATH": "/data", "QUIVER__STORAGE__DURABILITY": "interval:20",
      "QUIVER__STORAGE__PERFORMANCE__MAX_SEARCH_THREADS": "3", "QUIVER__LOG_LEVEL": "debug",
      "QUIVER__STORAGE__LIMITS__MEMORY_MB": "11", "QUIVER__STORAGE__LIMITS__DISK_MB": "12",
      "QUIVER__STORAGE__LIMITS__DISK_RESERVE_MB": "13",
      "QUIVER__STORAGE__SNAPSHOTS_PATH": "/snaps",
      "QUIVER__SERVICE__MAX_SNAPSHOT_UPLOAD_MB": "7",
      "QUIVER__SERVICE__ENABLE_SNAPSHOT_URL_RECOVERY": "true",
      "QUIVER_KERNELS": "scalar", "PATH": "/bin",
    ]).settings
    #expect(settings.host == "h")
    #expect(settings.apiKey == "k")
    #expect(settings.readOnlyAPIKey == "r")
    #expect(settings.maxRequestSizeMB == 5)
    #expect(settings.maxInflightMB == 6)
    #expect(settings.shutdownGraceMilliseconds == 0)
    #expect(settings.storagePath == "/data")
    #expect(settings.snapshotFolder.path == "/snaps")
    #expect(settings.maxSnapshotUploadMB == 7)
    #expect(settings.enableSnapshotURLRecovery)
    #expect(settings.durability == .interval(milliseconds: 20))
    #expect(settings.searchThreads == 3)
    #expect(
      settings.roomLimits
        == RoomLimits(memoryBytes: 11 << 20, diskBytes: 12 << 20, diskReserveBytes: 13 << 20))
    #expect(settings.logLevel == .debug)
    #expect(settings.durabilityText == "interval:20")
  }

  @Test(arguments: [
    ("./storage", "./snapshots"), ("storage/", "./snapshots"), ("/a/b", "/a/snapshots"),
    ("/data", "/snapshots"),
  ])
  func snapshotsAreBesideTheData(_ storage: String, _ snapshots: String) throws {
    let settings = try load(["QUIVER__STORAGE__STORAGE_PATH": storage]).settings
    #expect(settings.snapshotFolder.path == snapshots)
    #expect(!settings.enableSnapshotURLRecovery)
  }

  @Test func unknownNamesAreErrorsThatNameTheNearest() {
    #expect(
      throws: SettingsError.unknownKey(
        "QUIVER__SERVICE__HTP_PORT", nearest: "QUIVER__SERVICE__HTTP_PORT")
    ) { try load(["QUIVER__SERVICE__HTP_PORT": "1"]) }
    #expect(
      throws: SettingsError.unknownKey(
        "storage.path in quiver.yaml", nearest: "storage.storage_path")
    ) { try load(yaml: "storage: {path: /x}") }
    #expect(throws: SettingsError.self) { try load(yaml: "service: {enable_tls: true}") }
  }

  @Test func namesOfQdrantAreTolerantExceptForSecurity() throws {
    let outcome = try load([
      "QDRANT__SERVICE__GRPC_PORT": "6334", "QDRANT__SERVICE__ENABLE_TLS": "false",
      "QDRANT__SERVICE__API_KEY": "k", "QDRANT__SERVICE__ALT_API_KEY": "",
      "QDRANT__LOG_LEVEL": "INFO,raft=debug",
    ])
    #expect(outcome.settings.apiKey == "k")
    #expect(
      outcome.warnings == ["QDRANT__SERVICE__GRPC_PORT is not supported and has no effect"])
    for (name, value) in [
      ("QDRANT__SERVICE__ENABLE_TLS", "true"), ("QDRANT__SERVICE__JWT_RBAC", "1"),
      ("QDRANT__SERVICE__ALT_API_KEY", "other"),
      ("QDRANT__SERVICE__VERIFY_HTTPS_CLIENT_CERTIFICATE", "true"),
    ] {
      #expect(throws: SettingsError.unsupportedSecurity(name)) { try load([name: value]) }
    }
  }

  @Test func valuesAreChecked() {
    for (name, value) in [
      ("QUIVER__SERVICE__HTTP_PORT", "65536"), ("QUIVER__SERVICE__HTTP_PORT", "x"),
      ("QUIVER__STORAGE__DURABILITY", "often"), ("QUIVER__STORAGE__DURABILITY", "interval:0"),
      ("QUIVER__LOG_LEVEL", "loud"), ("QUIVER__SERVICE__MAX_REQUEST_SIZE_MB", "0"),
    ] {
      do {
        _ = try load([name: value])
        Issue.record("\(name)=\(value) was taken")
      } catch {
        #expect("\(error)".contains(name))
        #expect("\(error)".contains("`\(value)`"))
      }
    }
    #expect(throws: SettingsError.self) { try load(yaml: "service: [1]") }
    #expect(throws: SettingsError.self) { try load(yaml: "just text") }
    #expect(throws: SettingsError.self) { try load(yaml: "a: [") }
  }

  @Test func everyFormOfYAMLIsReadAsItIsMeant() throws {
    for empty in ["", "# nothing\n", "~", "---\n"] {
      #expect(try load(yaml: empty).settings == ServerSettings())
    }
    let quoted = try load(yaml: "service: {\"host\": 'null', api_key: \"caf\\u00e9: #1\"}")
    #expect(quoted.settings.host == "null" && quoted.settings.apiKey == "café: #1")
    let shared = try load(yaml: "service: &s\n  http_port: 7\n  host: h\n...\n---\nother: 1\n")
    #expect(shared.settings.httpPort == 7 && shared.settings.host == "h")
    #expect(
      throws: SettingsError.unreadableFile(path: "quiver.yaml", reason: "`host` is there twice")
    ) { try load(yaml: "service: {host: a, host: b}") }
    #expect(
      throws: SettingsError.unreadableFile(path: "quiver.yaml", reason: "it is nested too deeply")
    ) { try load(yaml: "service: &s {inner: *s}") }
    do {
      _ = try load(yaml: "service:\n  host: [\n")
      Issue.record("an open list was taken")
    } catch {
      #expect("\(error)".contains("line 3"))
    }
  }

  @Test func anEmptyKeyIsNoKeyAndIsTold() throws {
    let outcome = try load(["QUIVER__SERVICE__API_KEY": ""])
    #expect(outcome.settings.apiKey == nil)
    #expect(outcome.warnings == ["QUIVER__SERVICE__API_KEY is empty and counts as not set"])
    #expect(try load(yaml: "service: {api_key: ~}").settings.apiKey == nil)
  }
}
