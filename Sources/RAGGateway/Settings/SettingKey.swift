import SentenceEmbedding
public import ServiceProcess

/// An environment variable that the gateway knows.
public enum SettingKey: String, Sendable, CaseIterable {
  case host = "APP_HOST"
  case port = "APP_PORT"
  case logLevel = "APP_LOG_LEVEL"
  case logFormat = "APP_LOG_FORMAT"
  case storeURL = "QDRANT_VECTOR_STORE__URL"
  case storeKey = "QDRANT_VECTOR_STORE__API_KEY"
  /// A file of certificates to trust beside those of the system.
  case storeAuthorities = "QDRANT_VECTOR_STORE__CA_CERT"
  case collection = "QDRANT_VECTOR_STORE__COLLECTION_NAME"
  case vectorSize = "QDRANT_VECTOR_STORE__VECTOR_SIZE"
  case distance = "QDRANT_VECTOR_STORE__DISTANCE"
  case retrieved = "QDRANT_VECTOR_STORE__K"
  case threshold = "QDRANT_VECTOR_STORE__SIMILARITY_THRESHOLD"
  case storeTimeout = "QDRANT_VECTOR_STORE__TIMEOUT_S"
  case embeddingProvider = "EMBEDDINGS__PROVIDER"
  case embeddingModel = "EMBEDDINGS__MODEL"
  case embeddingModelPath = "EMBEDDINGS__MODEL_PATH"
  case embeddingURL = "EMBEDDINGS__BASE_URL"
  case embeddingKey = "EMBEDDINGS__API_KEY"
  case embeddingBatch = "EMBEDDINGS__BATCH"
  case embeddingConcurrency = "EMBEDDINGS__CONCURRENCY"
  case embeddingTimeout = "EMBEDDINGS__TIMEOUT_S"
  case generationProvider = "LLM__PROVIDER"
  case generationFallback = "LLM__FALLBACK"
  case structuredMode = "LLM__STRUCTURED_MODE"
  case chatModel = "OPENAI_MODEL__MODEL_NAME"
  case chatKey = "OPENAI_MODEL__API_KEY"
  case chatTemperature = "OPENAI_MODEL__TEMPERATURE"
  case chatURL = "OPENAI_MODEL__BASE_URL"
  case chatTimeout = "OPENAI_MODEL__TIMEOUT_S"
  /// The gateway's certificate, which makes it speak TLS.
  case tlsCertificate = "TLS__CERT"
  /// The key of that certificate.
  case tlsKey = "TLS__KEY"
  /// The authorities whose certificates clients must show.
  case tlsAuthorities = "TLS__CA_CERT"
  /// After how many seconds these files are read anew; 0 for never.
  case tlsReload = "TLS__CERT_TTL"
  case accessKeys = "AUTH__API_KEYS"
  /// The origins whose pages may call from a browser.
  case allowedOrigins = "AUTH__ALLOWED_ORIGINS"
  case requestTime = "LIMITS__REQUEST_TIMEOUT_S"
  case requestsInFlight = "LIMITS__REQUESTS_IN_FLIGHT"
  case requestsPerMinute = "LIMITS__REQUESTS_PER_MINUTE"
  case bodyBytes = "LIMITS__BODY_MB"
  case rerankURL = "RERANK__BASE_URL"
  case rerankModel = "RERANK__MODEL"
  case rerankKey = "RERANK__API_KEY"
  case promptPath = "PROMPT__INSIGHT_PATH"
  case promptVersion = "PROMPT__INSIGHT_VERSION"
  case tracingEndpoint = "TRACING__ENDPOINT"
  case tracingRatio = "TRACING__SAMPLING_RATIO"
  case tracingName = "TRACING__SERVICE_NAME"
  case tracingHeaders = "TRACING__HEADERS"
  case tracingAuthorities = "TRACING__CA_CERT"
}

extension SettingKey: Setting {
  /// The name in the environment.
  public var variable: String { rawValue }

  /// As in `qdrant_vector_store.url`.
  public var path: String {
    rawValue.lowercased().split(separator: "__").joined(separator: ".")
  }

  /// The gateway.
  public static var program: String { "quiver-gateway" }

  /// Beginnings of names that belong to the gateway: an unknown name under one is an error.
  public static var prefixes: [String] {
    [
      "APP_", "AUTH__", "EMBEDDINGS__", "LIMITS__", "LLM__", "OPENAI_MODEL__", "PROMPT__",
      "QDRANT_VECTOR_STORE__", "RERANK__", "TLS__", "TRACING__",
    ]
  }

  /// Those that begin with `TRACING__`.
  public static func tracing(_ member: TracingSettings.Member) -> SettingKey? {
    switch member {
    case .endpoint: .tracingEndpoint
    case .samplingRatio: .tracingRatio
    case .serviceName: .tracingName
    case .headers: .tracingHeaders
    case .authorities: .tracingAuthorities
    }
  }

  /// Whether the value must never be shown.
  public var isSecret: Bool {
    switch self {
    case .storeKey, .embeddingKey, .chatKey, .accessKeys, .rerankKey, .tracingHeaders: true
    default: false
    }
  }

  /// The value that holds without a given one; `nil` when there is none.
  public var defaultText: String? {
    switch self {
    case .host: "0.0.0.0"
    case .port: "8000"
    case .logLevel: "info"
    case .logFormat: "text"
    case .storeURL: "http://127.0.0.1:6333"
    case .collection: "chunks"
    case .distance: "Cosine"
    case .retrieved: "5"
    case .storeTimeout: "30"
    case .embeddingProvider: "local"
    case .embeddingURL, .chatURL: "https://api.openai.com/v1"
    case .embeddingBatch: "64"
    case .embeddingConcurrency: "4"
    case .embeddingTimeout, .chatTimeout: "60"
    case .generationProvider: "extractive"
    case .generationFallback: "none"
    case .structuredMode: "auto"
    case .chatModel: "gpt-4o-mini"
    case .promptVersion: "v1"
    case .requestTime: "120"
    case .requestsInFlight: "128"
    case .requestsPerMinute: "0"
    case .bodyBytes: "8"
    case .tlsReload: "3600"
    case .embeddingModelPath: ModelFolder.standard(for: .miniLM)
    case .accessKeys, .allowedOrigins, .rerankURL, .rerankModel, .rerankKey, .storeKey,
      .storeAuthorities,
      .vectorSize, .threshold, .embeddingModel, .embeddingKey, .chatKey, .chatTemperature,
      .promptPath, .tlsCertificate, .tlsKey, .tlsAuthorities, .tracingEndpoint, .tracingHeaders,
      .tracingAuthorities:
      nil
    case .tracingRatio: "1"
    case .tracingName: "quiver-gateway"
    }
  }
}
