public import PointModel
import ServiceProcess

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
