import ServiceProcess
import TransportBase

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
          + "at least 8 characters"
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
        certificate: certificate, key: key, clientAuthorities: authorities)
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
