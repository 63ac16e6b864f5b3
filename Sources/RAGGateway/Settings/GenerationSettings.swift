import ServiceProcess

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
