import Logging
import QdrantREST
import ServiceProcess
import Testing
import TransportBase
import VectorDB

@Suite struct SettingsTests {
  private func load(
    yaml: String? = nil, _ environment: [String: String] = [:],
    commandLine: [SettingKey: String] = [:]
  ) throws(SettingsError) -> (settings: ServerSettings, warnings: [String]) {
    try ServerSettings.load(
      SettingsSources(
        file: yaml.map { (path: "quiver.yaml", text: $0) }, environment: environment,
        commandLine: commandLine))
  }

  /// What is wrong with settings.
  private func problems(yaml: String? = nil, _ environment: [String: String] = [:]) -> [String] {
    do {
      _ = try load(yaml: yaml, environment)
      return []
    } catch {
      return error.problems
    }
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

  @Test(arguments: [
    ("0", 0), ("7", 7), ("12.0", 12), ("18446744073709551615", 10_000), ("null", nil), ("''", nil),
  ])
  func collectionsHaveTheNumberThatIsSet(_ text: String, most: Int?) throws {
    let settings = try load(yaml: "storage: {max_collections: \(text)}").settings
    #expect(settings.maxCollections == most)
    #expect(settings.limits.collectionsMax == most ?? 10_000)
    #expect(problems(yaml: "storage: {max_collections: -1}").count == 1)
    #expect(problems(yaml: "storage: {max_collections: many}").count == 1)
  }

  @Test(arguments: ["TLS", "TRACING", "REPLICATION"])
  func certificatesToTrustAreThere(_ section: String) throws {
    let name = "QUIVER__\(section)__CA_CERT"
    let given = [
      "QUIVER__TRACING__ENDPOINT": "https://collector", "QUIVER__REPLICATION__URL": "s3://bucket",
    ]
    #expect(
      problems(given.merging([name: "/nowhere/ca.pem"]) { $1 }) == [
        "\(name) names the file /nowhere/ca.pem, which cannot be read: No such file or directory"
      ])
    #expect(
      problems(given.merging([name: "/dev/null"]) { $1 }) == [
        "\(name) names the file /dev/null, which holds no certificate in PEM"
      ])
    #expect(problems(given.merging([name: "/"]) { $1 }).count == 1)
    // Configurations of Qdrant name this one, be it there or not.
    #expect(problems(["QDRANT__TLS__CA_CERT": "./tls/cacert.pem"]).isEmpty)
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
      "QUIVER__STORAGE__PERFORMANCE__VECTOR_CACHE_MB": "14",
      "QUIVER__STORAGE__PERFORMANCE__VECTOR_TAIL_MB": "0",
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
    #expect(settings.limits.vectorCacheBytesMax == 14 << 20)
    #expect(settings.limits.unfiledBytesMax == 0)
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

  @Test func namesThatAreNearlyKnownAreErrors() {
    #expect(
      problems(["QUIVER__SERVICE__HTP_PORT": "1"]) == [
        "QUIVER__SERVICE__HTP_PORT is not a setting of quiver; "
          + "did you mean QUIVER__SERVICE__HTTP_PORT?"
      ])
    #expect(
      problems(yaml: "service: {http_prot: 1, enable_tsl: true, api_kye: k}") == [
        "service.http_prot in quiver.yaml is not a setting of quiver; "
          + "did you mean service.http_port?",
        "service.enable_tsl in quiver.yaml is not a setting of quiver; "
          + "did you mean service.enable_tls?",
        "service.api_kye in quiver.yaml is not a setting of quiver; "
          + "did you mean service.api_key?",
      ])
    #expect(problems(["QDRANT__SERVICE__API_KEYS": "k"]).count == 1)
    #expect(problems(["QUIVER__COLOUR": "1"]) == ["QUIVER__COLOUR is not a setting of quiver"])
  }

  @Test func unknownNamesInQdrantsConfigurationAreToldOf() throws {
    let told = try load(
      yaml: "weather: {sun: 1}\nstorage: {snapshots_folder: /x}", ["QDRANT__WEATHER": "1"])
    #expect(
      told.warnings == [
        "weather.sun in quiver.yaml is not a setting and has no effect",
        "storage.snapshots_folder in quiver.yaml is not a setting and has no effect; "
          + "did you mean storage.snapshots_path?",
        "QDRANT__WEATHER is not a setting and has no effect",
      ])
  }

  @Test func whatQdrantHasAndThisServerHasNotIsToldOnce() throws {
    let yaml = """
      log_level: INFO
      storage:
        storage_path: "/data"
        snapshots_path: /snaps   # beside it
        snapshots_config: {snapshots_storage: local}
        on_disk_payload: true
        update_concurrency: null
        optimizers: {default_segment_number: 0, max_segment_size_kb: null}
        performance: {max_search_threads: '2', optimizer_cpu_budget: 0}
      service:
        host: 0.0.0.0
        http_port: "6444"
        grpc_port: null
        max_request_size_mb: 64.0
        enable_tls: false
        jwt_rbac: ~
        hardware_reporting: true
        alt_api_key: ""
      cluster:
        enabled: no
        p2p: {port: 6335, enable_tls: off}
      telemetry_disabled: true
      tls:
        cert: ./tls/cert.pem
      audit:
      gpu: {devices: [0, 1]}
      """
    let (settings, warnings) = try load(yaml: yaml)
    #expect(settings.httpPort == 6444 && settings.maxRequestSizeMB == 64)
    #expect(settings.storagePath == "/data" && settings.snapshotFolder.path == "/snaps")
    #expect(settings.searchThreads == 2)
    #expect(settings.tlsCertificate == "./tls/cert.pem" && settings.certificateFiles == nil)
    #expect(settings.altAPIKey == nil && !settings.acceptsTokens)
    #expect(
      warnings.filter { !$0.contains("alt_api_key") }
        == [
          "storage.on_disk_payload", "storage.optimizers.default_segment_number",
          "storage.performance.optimizer_cpu_budget", "service.hardware_reporting",
          "cluster.p2p.port", "gpu.devices",
        ].map { "\($0) in quiver.yaml is not supported and has no effect" })
  }

  @Test(arguments: [
    ("cluster.p2p.enable_tls", "on"),
    ("service.enforce_internal_auth", "true"), ("service.enforce_internal_auth", "what"),
  ])
  func protectionThatIsNotThereRefusesTheStart(_ path: String, _ value: String) {
    let steps = path.split(separator: ".")
    let variable = "QDRANT__" + steps.joined(separator: "__").uppercased()
    let yaml = steps.map { "{\($0): " }.joined() + "\"\(value)\"" + steps.map { _ in "}" }.joined()
    for problems in [problems([variable: value]), problems(yaml: yaml)] {
      #expect(problems.count == 1)
      #expect(problems.first?.contains("asks for protection") == true)
    }
    #expect(problems([variable.lowercased(): value]).isEmpty == false)
    #expect(problems([variable: ""]).isEmpty)
  }

  @Test func namesOfQdrantAreTakenFromTheEnvironment() throws {
    let outcome = try load([
      "QDRANT__SERVICE__GRPC_PORT": "6334", "QDRANT__SERVICE__ENABLE_TLS": "false",
      "QDRANT__SERVICE__API_KEY": "k", "QDRANT__SERVICE__ALT_API_KEY": "",
      "QDRANT__LOG_LEVEL": "INFO,raft=debug", "QDRANT__CLUSTER__FOO": "1",
      "QDRANT__service__max_request_size_mb": "7",
    ])
    #expect(outcome.settings.apiKey == "k" && outcome.settings.maxRequestSizeMB == 7)
    #expect(outcome.settings.grpcPort == 6334 && outcome.settings.needsGRPCPort)
    #expect(
      outcome.warnings == [
        "QDRANT__CLUSTER__FOO is not supported and has no effect",
        "QDRANT__SERVICE__ALT_API_KEY is empty and counts as not set",
      ])
  }

  @Test func certificatesOfClientsNeedTLS() throws {
    let verify = "QDRANT__SERVICE__VERIFY_HTTPS_CLIENT_CERTIFICATE"
    #expect(problems([verify: "true"]).count == 1)
    let settings = try load([verify: "true", "QDRANT__SERVICE__ENABLE_TLS": "true"]).settings
    #expect(settings.certificateFiles?.clientAuthorities == "./tls/cacert.pem")
    #expect(settings.localURL == "https://127.0.0.1:6333")
    #expect(problems(["QUIVER__SERVICE__ENABLE_TLS": "what"]).count == 1)
  }

  @Test func tokensNeedAKeyThatSignsThem() throws {
    let names = ("QUIVER__SERVICE__JWT_RBAC", "QUIVER__SERVICE__ALT_API_KEY")
    #expect(
      problems([names.0: "true", "QUIVER__SERVICE__READ_ONLY_API_KEY": "r"]) == [
        "QUIVER__SERVICE__JWT_RBAC needs `service.api_key`, which signs the tokens"
      ])
    let settings = try load([names.0: "true", names.1: "k"]).settings
    #expect(settings.acceptsTokens && settings.altAPIKey == "k")
  }

  @Test func aPortForGRPCIsThereUnlessItIsTurnedOff() throws {
    let standard = try load([:]).settings
    #expect(standard.grpcPort == 6334 && !standard.needsGRPCPort)
    for off in ["0", ""] {
      #expect(try load(["QUIVER__SERVICE__GRPC_PORT": off]).settings.grpcPort == nil)
    }
    #expect(try load(yaml: "service: {grpc_port: null}").settings.grpcPort == nil)
    #expect(problems(["QUIVER__SERVICE__GRPC_PORT": "70000"]).count == 1)
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
    for (yaml, place) in [
      ("service: {http_port: [6333]}", "service.http_port in"),
      ("service: {http_port: {rest: 1}}", "service.http_port"),
      ("service: {http_port: many}", "`many`"), ("service: 6333", "service in"),
      ("service: [1]", "service in"), ("log_level: loud", "log_level in quiver.yaml"),
      ("storage: {durability: often}", "storage.durability in quiver.yaml"),
      ("service: {api_key: '  '}", "service.api_key in quiver.yaml"),
    ] {
      let problems = problems(yaml: yaml)
      #expect(problems.count == 1 && problems[0].contains(place), "\(problems)")
    }
    #expect(problems(["QUIVER__SERVICE__HTTP_PORT": "x", "QUIVER__LOG_LEVEL": "y"]).count == 2)
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
      problems(yaml: "service: {host: a, host: b}")
        == ["cannot read the configuration file quiver.yaml: `host` is there twice"])
    #expect(
      problems(yaml: "service: &s {inner: *s}")
        == ["cannot read the configuration file quiver.yaml: it is nested too deeply"])
    let merged = try load(
      yaml: "x: &x {http_port: 7, host: a}\nservice: {<<: *x, host: b}\nstorage: {<<: []}")
    #expect(merged.settings.httpPort == 7 && merged.settings.host == "b")
    do {
      _ = try load(yaml: "service:\n  host: [\n")
      Issue.record("an open list was taken")
    } catch {
      #expect("\(error)".contains("line 3"))
    }
  }

  @Test func aFileThatUnfoldsWithoutEndIsRefused() {
    var yaml = "a0: &a0 {x: 1, y: 2}\n"
    for level in 1...9 {
      let members = (0..<9).map { "m\($0): *a\(level - 1)" }.joined(separator: ", ")
      yaml += "a\(level): &a\(level) {\(members)}\n"
    }
    #expect(
      problems(yaml: yaml)
        == ["cannot read the configuration file quiver.yaml: it holds too many values"])
    #expect(problems(yaml: String(repeating: "[", count: 100_000)).count == 1)
  }

  @Test func anEmptyKeyIsNoKeyAndIsTold() throws {
    let outcome = try load(["QUIVER__SERVICE__API_KEY": ""])
    #expect(outcome.settings.apiKey == nil)
    #expect(outcome.warnings == ["QUIVER__SERVICE__API_KEY is empty and counts as not set"])
    #expect(try load(yaml: "service: {api_key: ~}").settings.apiKey == nil)
  }
}
