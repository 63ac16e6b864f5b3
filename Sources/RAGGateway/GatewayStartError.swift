/// Why a gateway can't start: always something in its settings or its files.
public struct GatewayStartError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence for people.
  public let description: String

  /// An error with this text.
  public init(_ description: String) {
    self.description = description
  }
}
