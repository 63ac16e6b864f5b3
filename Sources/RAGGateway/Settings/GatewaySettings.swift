import HTTPTransfer
public import Logging
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
