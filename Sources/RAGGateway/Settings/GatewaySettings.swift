import Glibc
import HTTPTransfer
public import Logging
public import PointModel
public import SentenceEmbedding
public import ServiceProcess
import TransportBase

/// The gateway's settings, all checked.
public struct GatewaySettings: Sendable {
  /// Address to listen on.
  public let host: String
  /// Port to listen on; 0 takes a free one.
  public let port: Int
  /// The least level that is logged.
  public let logLevel: Logger.Level
  /// How messages are written.
  public let logFormat: LogFormat
  /// Where chunks are kept.
  public let store: StoreSettings
  /// Where vectors come from.
  public let embedding: EmbeddingSettings
  /// Who writes the answers.
  public let generation: GenerationSettings
  /// Who may ask, and how much.
  public let access: AccessSettings
  /// Who orders passages anew; `nil` for nobody.
  public let rerank: RerankSettings?
  /// Where the spans of traces are sent; `nil` for nowhere.
  public let tracing: TracingSettings?
  /// One sentence for each thing that the user should be told.
  public let warnings: [String]
  private let reader: SettingsReader<SettingKey>

  /// Reads the settings.
  ///
  /// - Throws: `SettingsError` with every problem found: unknown names, values out of range,
  ///   missing keys.
  public init(_ sources: SettingsSources<SettingKey>) throws(SettingsError) {
    var reader = SettingsReader(sources)
    host = reader.text(.host) ?? ""
    port = reader.integer(.port, in: 0...65_535) ?? 0
    let levels = Logger.Level.allCases.map { (name: $0.rawValue, value: $0) }
    logLevel = reader.choice(.logLevel, among: levels) ?? .info
    let formats = LogFormat.allCases.map { (name: $0.rawValue, value: $0) }
    logFormat = reader.choice(.logFormat, among: formats) ?? .text
    store = StoreSettings(reading: &reader)
    generation = GenerationSettings(reading: &reader)
    embedding = EmbeddingSettings(reading: &reader, chat: generation)
    access = AccessSettings(reading: &reader)
    rerank = RerankSettings(reading: &reader)
    tracing = reader.tracing(called: "quiver-gateway")
    try reader.finish()
    warnings = reader.warnings
    self.reader = reader
  }

  /// The store's address as it may be logged.
  public var shownStoreURL: String { JSONEndpoint.masked(store.url) }

  /// Where a gateway with these settings is reached from this machine.
  public var localURL: String {
    LocalAddress.url(host: host, port: port, isSecure: access.certificate != nil)
  }

  /// By what commands on this machine know the gateway: by its very certificate, which is seldom
  /// for the address that it has here. Where it asks for one of theirs, they show the same.
  var ownTrust: HTTPTrust {
    guard let files = access.certificate else { return HTTPTrust() }
    var trust = HTTPTrust(authorities: files.certificate)
    trust.checksName = false
    if files.clientAuthorities != nil { trust.certificate = (files.certificate, files.key) }
    return trust
  }

  /// The effective set, one `NAME=value` a line, secrets masked, with where a value is from.
  public var description: String {
    SettingKey.allCases.map { key in
      // The embedding model's default follows the provider.
      let standard = key == .embeddingModel ? embedding.model : reader.text(key)
      guard let value = reader.given(key) ?? standard else { return "\(key.variable)=  (not set)" }
      let shown = key.isSecret ? "********" : JSONEndpoint.masked(value)
      let source = reader.origin(of: key).map { "\($0)" } ?? "default"
      return "\(key.variable)=\(shown)  (\(source))"
    }.joined(separator: "\n")
  }
}

/// Who may ask, and how much.
public struct AccessSettings: Sendable {
  /// Who may do what; none lets everybody do everything.
  public var keys: AccessKeys
  /// Whose pages may call from a browser.
  public var origins: AllowedOrigins
  /// Bounds on requests.
  public var limits: GatewayLimits
  /// The certificate by which the gateway speaks TLS; `nil` where it does not.
  var certificate: ServerCertificate.Files?
  /// After how long the certificate is read anew; zero for never.
  public var certificateAge: Duration

  init(reading reader: inout SettingsReader<SettingKey>) {
    keys =
      reader.value(
        .accessKeys,
        expected:
          "`read:KEY` or `write:KEY`, or `read@TENANT:KEY`, with commas between, and keys of "
          + "at least 8 characters, each once"
      ) { AccessKeys($0) } ?? AccessKeys()
    origins =
      reader.value(
        .allowedOrigins, expected: "origins such as https://app.example with commas between, or `*`"
      ) { AllowedOrigins($0) } ?? AllowedOrigins()
    limits = GatewayLimits()
    certificate = Self.certificate(reading: &reader)
    certificateAge = .seconds(reader.integer(.tlsReload, in: 0...31_536_000) ?? 3_600)
    if let seconds = reader.number(.requestTime, in: 1...3_600) {
      limits.requestTime = .seconds(seconds)
    }
    if let count = reader.integer(.requestsInFlight, in: 1...10_000) {
      limits.requestsInFlight = count
    }
    if let count = reader.integer(.requestsPerMinute, in: 0...1_000_000) {
      limits.requestsPerMinute = count
    }
    if let megabytes = reader.integer(.bodyBytes, in: 1...1_024) {
      limits.bodyBytes = megabytes << 20
    }
  }

  private static func certificate(
    reading reader: inout SettingsReader<SettingKey>
  ) -> ServerCertificate.Files? {
    let authorities = reader.given(.tlsAuthorities)
    switch (reader.given(.tlsCertificate), reader.given(.tlsKey)) {
    case (let certificate?, let key?):
      return ServerCertificate.Files(
        certificate: certificate, key: key, clientAuthorities: authorities,
        settings: .init(
          certificate: SettingKey.tlsCertificate.variable, key: SettingKey.tlsKey.variable,
          clientAuthorities: SettingKey.tlsAuthorities.variable))
    case (_?, nil):
      reader.reject(.tlsKey, "is needed for \(SettingKey.tlsCertificate.variable)")
    case (nil, _?):
      reader.reject(.tlsCertificate, "is needed for \(SettingKey.tlsKey.variable)")
    case (nil, nil):
      if authorities != nil {
        reader.reject(.tlsAuthorities, "needs \(SettingKey.tlsCertificate.variable)")
      }
    }
    return nil
  }
}

/// A service that orders passages anew.
public struct RerankSettings: Sendable, Equatable {
  /// Address without a slash at its end.
  public var baseURL: String
  /// The model's name, where the service has several.
  public var model: String?
  /// Key that the service asks for.
  public var apiKey: String?

  /// `nil` when no address is given.
  init?(reading reader: inout SettingsReader<SettingKey>) {
    guard reader.given(.rerankURL) != nil else { return nil }
    baseURL = reader.url(.rerankURL)
    model = reader.given(.rerankModel)
    apiKey = reader.given(.rerankKey)
  }
}

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
  /// Which model is run here, with the provider `local`.
  public var localModel: LocalModel
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
    baseURL = reader.url(.embeddingURL)
    batch = reader.integer(.embeddingBatch, in: 1...2_048) ?? 1
    concurrency = reader.integer(.embeddingConcurrency, in: 1...64) ?? 1
    timeout = .seconds(reader.number(.embeddingTimeout, in: 0.1...3_600) ?? 60)
    localModel = .miniLM
    switch provider {
    case .local:
      apiKey = nil
      if let given = reader.given(.embeddingModel) {
        let name = given.split(separator: "/").last.map(String.init) ?? given
        if let known = LocalModel(rawValue: name) {
          localModel = known
        } else {
          let names = LocalModel.allCases.map(\.rawValue).joined(separator: " or ")
          reader.reject(.embeddingModel, "must be \(names) with the provider `local`")
        }
      }
      model = localModel.rawValue
    case .openai:
      model = reader.given(.embeddingModel) ?? "text-embedding-3-small"
      // A key is shared with the same address only: it is never sent to another host.
      apiKey = reader.given(.embeddingKey) ?? (baseURL == chat.baseURL ? chat.apiKey : nil)
      if apiKey == nil, reader.given(.embeddingURL) == nil {
        reader.reject(.embeddingKey, "is needed for \(baseURL)")
      }
    }
    modelPath = reader.given(.embeddingModelPath) ?? ModelFolder.standard(for: localModel)
  }
}

/// Where the local model is looked for when no folder is named.
enum ModelFolder {
  /// The first of these folders that is there: below the working directory, below a folder that
  /// holds the program, however deep, and where the image has it. The first when none is.
  static func standard(for model: LocalModel) -> String {
    let name = model.rawValue
    let own = ".quiver/models/\(name)"
    var candidates = [own]
    var folder = program
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      candidates.append("\(folder)/\(own)")
    }
    candidates.append("/usr/local/share/quiver/\(name)")
    return candidates.first { folder in
      model.files.allSatisfy { access("\(folder)/\($0)", R_OK) == 0 }
    } ?? own
  }

  private static var program: String {
    guard let path = realpath("/proc/self/exe", nil) else { return "" }
    defer { free(path) }
    return String(cString: path)
  }
}

/// Who writes the answers.
public struct GenerationSettings: Sendable, Equatable {
  /// Who writes them.
  public enum Provider: String, Sendable, CaseIterable {
    case extractive, openai
  }

  /// Who writes the answers.
  public var provider: Provider
  /// Whether quotes are returned when the language model fails.
  public var fallsBackToExtractive: Bool
  /// How JSON is asked for; `nil` finds out.
  public var mode: StructuredMode?
  /// The language model's name.
  public var model: String
  /// Key that the provider asks for.
  public var apiKey: String?
  /// `nil` leaves it to the provider.
  public var temperature: Double?
  /// Address without a slash at its end.
  public var baseURL: String
  /// Patience with one attempt.
  public var timeout: Duration
  /// A prompt file or a folder of them; `nil` takes the built-in one.
  public var promptPath: String?
  /// Version of the prompt.
  public var promptVersion: String

  init(reading reader: inout SettingsReader<SettingKey>) {
    let providers = Provider.allCases.map { (name: $0.rawValue, value: $0) }
    provider = reader.choice(.generationProvider, among: providers) ?? .extractive
    fallsBackToExtractive =
      reader.choice(
        .generationFallback,
        among: [(name: "none", value: false), (name: "extractive", value: true)])
      ?? false
    let modes: [(name: String, value: StructuredMode?)] =
      [(name: "auto", value: nil)] + StructuredMode.allCases.map { (name: $0.rawValue, value: $0) }
    mode = reader.choice(.structuredMode, among: modes) ?? nil
    model = reader.text(.chatModel) ?? ""
    apiKey = reader.given(.chatKey)
    temperature = reader.number(.chatTemperature, in: 0...2)
    baseURL = reader.url(.chatURL)
    timeout = .seconds(reader.number(.chatTimeout, in: 0.1...3_600) ?? 60)
    promptPath = reader.given(.promptPath)
    promptVersion = reader.text(.promptVersion) ?? "v1"
    if provider == .openai, apiKey == nil, reader.given(.chatURL) == nil {
      reader.reject(.chatKey, "is needed for \(baseURL)")
    }
  }
}

/// Where chunks are kept.
public struct StoreSettings: Sendable, Equatable {
  /// Address without a slash at its end.
  public var url: String
  /// Addresses of further servers that hold the same, which are asked when that one can't answer.
  public var otherURLs: [String]
  /// Key that the store asks for.
  public var apiKey: String?
  /// A file of certificates in PEM that are trusted beside those of the system.
  public var authorities: String?
  /// The collection's name.
  public var collection: String
  /// The vector size that the embedder must have; `nil` takes whatever it has.
  public var vectorSize: Int?
  /// Distance of a collection that has to be made.
  public var distance: Distance
  /// Chunks retrieved for a question.
  public var retrieved: Int
  /// Least similarity of a retrieved chunk; `nil` leaves it to the embedding model.
  public var threshold: Float?
  /// Patience with one attempt.
  public var timeout: Duration

  init(reading reader: inout SettingsReader<SettingKey>) {
    let urls = reader.urls(.storeURL)
    url = urls.first ?? ""
    otherURLs = Array(urls.dropFirst())
    apiKey = reader.given(.storeKey)
    authorities = reader.certificates(.storeAuthorities)
    collection = reader.text(.collection) ?? ""
    vectorSize = reader.integer(.vectorSize, in: 1...65_536)
    distance =
      reader.choice(
        .distance, among: [(name: "Cosine", value: Distance.cosine), (name: "Dot", value: .dot)])
      ?? .cosine
    retrieved = reader.integer(.retrieved, in: 1...100) ?? 5
    threshold = reader.number(.threshold, in: -1...1_000).map { Float($0) }
    timeout = .seconds(reader.number(.storeTimeout, in: 0.1...3_600) ?? 30)
    if collection.contains(where: { "/\\?#%<>:\"|*\u{0}".contains($0) || $0.isNewline }) {
      reader.reject(.collection, "holds a character that a collection's name can't have")
    }
  }
}
