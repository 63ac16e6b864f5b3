import PointModel
import RAGGateway
import ServiceProcess
import Testing

@Suite struct GatewaySettingsTests {
  @Test func defaultsNeedNothing() throws {
    let settings = try GatewaySettings(.init(environment: ["PATH": "/bin", "LANG": "C"]))
    #expect(settings.port == 8_000)
    #expect(settings.host == "0.0.0.0")
    #expect(settings.localURL == "http://127.0.0.1:8000")
    #expect(settings.store.url == "http://127.0.0.1:6333")
    #expect(settings.store.distance == .cosine)
    #expect(settings.store.threshold == nil)
    #expect(settings.embedding.provider == .local)
    #expect(settings.embedding.model == "all-MiniLM-L6-v2")
    #expect(settings.generation.provider == .extractive)
    #expect(settings.generation.promptVersion == "v1")
  }

  @Test func severalServersHoldTheSame() throws {
    let name = "QDRANT_VECTOR_STORE__URL"
    let store = try GatewaySettings(
      .init(environment: [name: "http://u:a,b@one:6333/, https://two:6333,http://three"])
    ).store
    #expect(store.url == "http://u:a,b@one:6333")
    #expect(store.otherURLs == ["https://two:6333", "http://three"])
    #expect(throws: SettingsError.self) {
      try GatewaySettings(.init(environment: [name: "http://one, http://"]))
    }
  }

  @Test func environmentDecides() throws {
    let settings = try GatewaySettings(
      .init(environment: [
        "APP_HOST": "::1", "APP_PORT": "9000", "QDRANT_VECTOR_STORE__URL": "https://db:6333/",
        "QDRANT_VECTOR_STORE__COLLECTION_NAME": "docs", "QDRANT_VECTOR_STORE__VECTOR_SIZE": "1536",
        "QDRANT_VECTOR_STORE__DISTANCE": "dot", "QDRANT_VECTOR_STORE__K": "7",
        "QDRANT_VECTOR_STORE__SIMILARITY_THRESHOLD": "0.5", "EMBEDDINGS__PROVIDER": "openai",
        "EMBEDDINGS__BASE_URL": "http://models/v1", "EMBEDDINGS__MODEL": "e5",
        "LLM__PROVIDER": "openai", "LLM__FALLBACK": "extractive", "LLM__STRUCTURED_MODE": "prompt",
        "OPENAI_MODEL__MODEL_NAME": "big", "OPENAI_MODEL__API_KEY": "sk-1",
        "OPENAI_MODEL__TEMPERATURE": "0.2", "OPENAI_MODEL__TIMEOUT_S": "1.5",
        "PROMPT__INSIGHT_VERSION": "v2", "PROMPT__INSIGHT_PATH": "/prompts",
      ]))
    #expect(settings.localURL == "http://[::1]:9000")
    #expect(settings.store.url == "https://db:6333")
    #expect(settings.store.collection == "docs")
    #expect(settings.store.vectorSize == 1_536)
    #expect(settings.store.distance == .dot)
    #expect(settings.store.retrieved == 7)
    #expect(settings.store.threshold == 0.5)
    #expect(settings.embedding.model == "e5")
    #expect(settings.embedding.apiKey == nil)
    #expect(settings.generation.fallsBackToExtractive)
    #expect(settings.generation.mode == .prompt)
    #expect(settings.generation.temperature == 0.2)
    #expect(settings.generation.timeout == .milliseconds(1_500))
    #expect(settings.generation.promptPath == "/prompts")
  }

  @Test func keysAreReadAndWrongOnesRefused() throws {
    let settings = try GatewaySettings(
      .init(environment: ["AUTH__API_KEYS": "read:12345678, write@red:abcdefgh"]))
    #expect(!settings.access.keys.isEmpty)
    #expect(!settings.description.contains("12345678"))
    for wrong in [
      "12345678", "admin:12345678", "read:short", "read@:12345678", "read:12345678,write:12345678",
    ] {
      #expect(AccessKeys(wrong) == nil)
    }
    let limits = try GatewaySettings(
      .init(environment: ["LIMITS__BODY_MB": "2", "LIMITS__REQUEST_TIMEOUT_S": "7"])
    ).access.limits
    #expect(limits.bodyBytes == 2 << 20)
    #expect(limits.requestTime == .seconds(7))
  }

  @Test(arguments: ["QDRANT_VECTOR_STORE__CA_CERT", "TRACING__CA_CERT"])
  func certificatesToTrustAreThere(_ name: String) throws {
    func problems(_ path: String) -> [String] {
      do throws(SettingsError) {
        _ = try GatewaySettings(
          .init(environment: ["TRACING__ENDPOINT": "https://collector", name: path]))
        return []
      } catch {
        return error.problems
      }
    }
    #expect(
      problems("/nowhere/ca.pem") == [
        "\(name) names the file /nowhere/ca.pem, which cannot be read: No such file or directory"
      ])
    #expect(
      problems("/dev/null") == [
        "\(name) names the file /dev/null, which holds no certificate in PEM"
      ])
  }

  @Test func emptyValuesCountAsNone() throws {
    let settings = try GatewaySettings(.init(environment: ["APP_PORT": " ", "LLM__PROVIDER": ""]))
    #expect(settings.port == 8_000)
    #expect(settings.generation.provider == .extractive)
  }

  @Test(arguments: [
    ("APP_PROT", "1", "APP_PROT is not a setting of quiver-gateway; did you mean APP_PORT?"),
    (
      "EMBEDDINGS__COLOUR_OF_THE_SKY", "1",
      "EMBEDDINGS__COLOUR_OF_THE_SKY is not a setting of quiver-gateway"
    ),
    ("APP_PORT", "70000", "APP_PORT must be a whole number from 0 to 65535, not `70000`"),
    ("LLM__PROVIDER", "magic", "LLM__PROVIDER must be one of extractive, openai, not `magic`"),
    (
      "QDRANT_VECTOR_STORE__DISTANCE", "Euclid",
      "QDRANT_VECTOR_STORE__DISTANCE must be one of Cosine, Dot, not `Euclid`"
    ),
    (
      "QDRANT_VECTOR_STORE__URL", "db:6333",
      "QDRANT_VECTOR_STORE__URL must be an address that begins with http:// or https://"
    ),
    (
      "EMBEDDINGS__MODEL", "bert",
      "EMBEDDINGS__MODEL must be all-MiniLM-L6-v2 or multilingual-e5-small with the provider "
        + "`local`"
    ),
    (
      "EMBEDDINGS__PROVIDER", "openai",
      "EMBEDDINGS__API_KEY is needed for https://api.openai.com/v1"
    ),
    (
      "OPENAI_MODEL__TEMPERATURE", "nan",
      "OPENAI_MODEL__TEMPERATURE must be a number from 0.0 to 2.0, not `nan`"
    ),
  ])
  func mistakesAreNamed(_ key: String, value: String, problem: String) {
    #expect(throws: SettingsError([problem])) {
      try GatewaySettings(.init(environment: [key: value]))
    }
  }

  @Test func allMistakesAreNamedAtOnce() {
    #expect {
      try GatewaySettings(
        .init(environment: ["APP_PORT": "x", "LLM__X": "1", "LLM__FALLBACK": "y"]))
    } throws: { error in
      (error as? SettingsError)?.problems.count == 3
    }
  }

  @Test func aFileYieldsToTheEnvironment() throws {
    let yaml = """
      app_port: 9000
      app_host: ::1
      qdrant_vector_store:
        collection_name: docs
        api_key: k-secret
      """
    let sources = SettingsSources<SettingKey>(
      file: (path: "gateway.yaml", text: yaml), environment: ["APP_PORT": "9001"])
    let settings = try GatewaySettings(sources)
    #expect(settings.port == 9_001)
    #expect(settings.store.collection == "docs")
    #expect(settings.store.apiKey == "k-secret")
    #expect(settings.description.contains("APP_HOST=::1  (gateway.yaml)"))
    #expect(!settings.description.contains("secret"))
    #expect(
      throws: SettingsError([
        "app_prot in gateway.yaml is not a setting of quiver-gateway; did you mean app_port?"
      ])
    ) { try GatewaySettings(.init(file: (path: "gateway.yaml", text: "app_prot: 1"))) }
  }

  @Test func keyIsSharedWithTheSameAddressOnly() throws {
    var environment = [
      "EMBEDDINGS__PROVIDER": "openai", "OPENAI_MODEL__API_KEY": "sk-1",
    ]
    #expect(try GatewaySettings(.init(environment: environment)).embedding.apiKey == "sk-1")
    environment["EMBEDDINGS__BASE_URL"] = "http://elsewhere/v1"
    #expect(try GatewaySettings(.init(environment: environment)).embedding.apiKey == nil)
  }

  @Test func descriptionMasksSecrets() throws {
    let settings = try GatewaySettings(
      .init(environment: [
        "OPENAI_MODEL__API_KEY": "sk-secret", "QDRANT_VECTOR_STORE__API_KEY": "k-secret",
        "EMBEDDINGS__API_KEY": "e-secret", "QDRANT_VECTOR_STORE__URL": "http://me:p-secret@db:1",
      ]))
    let text = settings.description
    #expect(!text.contains("secret"))
    #expect(text.contains("OPENAI_MODEL__API_KEY=********  (environment)"))
    #expect(text.contains("QDRANT_VECTOR_STORE__URL=http://********@db:1  (environment)"))
    #expect(text.contains("EMBEDDINGS__MODEL=all-MiniLM-L6-v2  (default)"))
    #expect(text.split(separator: "\n").count == SettingKey.allCases.count)
    #expect(!settings.shownStoreURL.contains("secret"))
  }
}
