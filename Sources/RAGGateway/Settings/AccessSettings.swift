import ServiceProcess

/// Who may ask, and how much.
public struct AccessSettings: Sendable {
  /// Who may do what; none lets everybody do everything.
  public var keys: AccessKeys
  /// Bounds on requests.
  public var limits: GatewayLimits

  init(reading reader: inout SettingsReader<SettingKey>) {
    keys =
      reader.value(
        .accessKeys,
        expected:
          "`read:KEY` or `write:KEY`, or `read@TENANT:KEY`, with commas between, and keys of "
          + "at least 8 characters"
      ) { AccessKeys($0) } ?? AccessKeys()
    limits = GatewayLimits()
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
