/// Where the spans of traces are sent, and how many.
public struct TracingSettings: Sendable, Equatable {
  /// One of the settings about traces, which all programs have.
  public enum Member: Sendable, CaseIterable {
    /// Where the collector is; without it nothing is recorded.
    case endpoint
    /// The share of the traces that begin here which are recorded.
    case samplingRatio
    /// What the service is called in traces.
    case serviceName
    /// What is sent with every message, a key for instance.
    case headers
    /// A file of certificates to trust beside those of the system.
    case authorities
  }

  /// A header of a message.
  public struct Header: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// What it says.
    public let value: String
  }

  /// Where messages go, path and all.
  public var endpoint: String
  /// The share of the traces that begin here which are recorded, 0 to 1.
  public var samplingRatio: Double
  /// What the service is called in traces.
  public var serviceName: String
  /// What is sent with every message.
  public var headers: [Header] = []
  /// A file of certificates to trust beside those of the system.
  public var authorities: String?

  /// Traces of `serviceName` for the collector at `endpoint`.
  public init(endpoint: String, samplingRatio: Double = 1, serviceName: String) {
    self.endpoint = endpoint
    self.samplingRatio = samplingRatio
    self.serviceName = serviceName
  }

  /// The path that collectors take traces at.
  private static let path = "/v1/traces"

  /// An address with a path as it is, one without with that of traces.
  fileprivate static func completed(_ address: String) -> String {
    let rest = address.drop { $0 != ":" }.dropFirst(3)
    return rest.contains("/") ? address : address + path
  }

  /// Names and values with `=` between and commas behind, escaped as in URLs; `nil` for other text.
  fileprivate static func parsedHeaders(_ text: String) -> [Header]? {
    var headers: [Header] = []
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, let value = unescaped(trimmed(sides[1])) else { return nil }
      let name = trimmed(sides[0])
      let isName = name.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: ":") }
      guard !name.isEmpty, isName, value.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { return nil }
      headers.append(Header(name: name, value: value))
    }
    return headers
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  private static func unescaped(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension SettingsReader {
  /// What the settings say of traces; `nil` where nothing is recorded.
  ///
  /// - Parameter name: what the service is called unless it is given a name.
  public mutating func tracing(called name: String) -> TracingSettings? {
    guard let endpointKey = Key.tracing(.endpoint), let ratioKey = Key.tracing(.samplingRatio),
      let nameKey = Key.tracing(.serviceName), let headersKey = Key.tracing(.headers),
      let authoritiesKey = Key.tracing(.authorities)
    else { return nil }
    let ratio = number(ratioKey, in: 0...1) ?? 1
    let headers = value(headersKey, expected: "`name=value`, with commas between") {
      TracingSettings.parsedHeaders($0)
    }
    guard given(endpointKey) != nil else { return nil }
    var settings = TracingSettings(
      endpoint: TracingSettings.completed(url(endpointKey)), samplingRatio: ratio,
      serviceName: given(nameKey) ?? name)
    settings.headers = headers ?? []
    settings.authorities = certificates(authoritiesKey)
    return settings
  }
}

extension TracingSettings {
  /// What the standard variables of OpenTelemetry say, as values of the settings. They yield to
  /// whatever a program's own names say.
  ///
  /// - Returns: the values with the names that they are given under, and sentences for the user on
  ///   what does not hold here.
  static func standard(
    _ environment: [String: String]
  ) -> (values: [(member: Member, text: String, name: String)], warnings: [String]) {
    func given(_ name: String) -> String? {
      environment["OTEL_" + name].flatMap { $0.isEmpty ? nil : $0 }
    }
    var values: [(Member, String, String)] = []
    func take(_ member: Member, _ name: String, _ text: String?) {
      if let text { values.append((member, text, "OTEL_" + name)) }
    }
    let isOff =
      given("SDK_DISABLED")?.lowercased() == "true" || given("TRACES_EXPORTER") == "none"
    if !isOff {
      let name = "EXPORTER_OTLP_ENDPOINT"
      // The address of a collector for all signals: each has a path below it.
      take(
        .endpoint, name,
        given(name).map { $0.hasSuffix("/") ? $0.dropLast() + path : $0 + path })
      take(.endpoint, "EXPORTER_OTLP_TRACES_ENDPOINT", given("EXPORTER_OTLP_TRACES_ENDPOINT"))
    }
    for name in ["EXPORTER_OTLP_HEADERS", "EXPORTER_OTLP_TRACES_HEADERS"] {
      take(.headers, name, given(name))
    }
    for name in ["EXPORTER_OTLP_CERTIFICATE", "EXPORTER_OTLP_TRACES_CERTIFICATE"] {
      take(.authorities, name, given(name))
    }
    take(.serviceName, "SERVICE_NAME", given("SERVICE_NAME"))
    switch given("TRACES_SAMPLER") {
    case "always_on", "parentbased_always_on": take(.samplingRatio, "TRACES_SAMPLER", "1")
    case "always_off", "parentbased_always_off": take(.samplingRatio, "TRACES_SAMPLER", "0")
    default: take(.samplingRatio, "TRACES_SAMPLER_ARG", given("TRACES_SAMPLER_ARG"))
    }
    var warnings: [String] = []
    let protocolName =
      given("EXPORTER_OTLP_TRACES_PROTOCOL") ?? given("EXPORTER_OTLP_PROTOCOL") ?? "http/json"
    if !protocolName.hasPrefix("http/"), values.contains(where: { $0.0 == .endpoint }) {
      values.removeAll { $0.0 == .endpoint }
      warnings.append(
        "OTEL_EXPORTER_OTLP_PROTOCOL is \(protocolName): traces are sent over HTTP alone, so that "
          + "none are sent")
    }
    return (values, warnings)
  }
}
