import SharedLog

/// Which database it is: one history of commits. A database that is restored as it was last goes on
/// with it; one that is restored as it was earlier has another.
package struct DatabaseID: Hashable, Sendable, CustomStringConvertible {
  private let bytes: WriterID

  /// A new id.
  package init() { bytes = WriterID() }

  /// The id that ``description`` says.
  package init?(hex: String) {
    guard let bytes = WriterID(hex: hex) else { return nil }
    self.bytes = bytes
  }

  /// In hex.
  package var description: String { bytes.description }
}
