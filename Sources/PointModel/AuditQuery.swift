/// Which lines of the audit log are asked for.
public struct AuditQuery: Sendable, Equatable {
  /// The first moment; `nil` for the beginning.
  public var from: Datetime?
  /// The moment before which lines end; `nil` for now.
  public var to: Datetime?
  /// Lines at most, the newest first.
  public var limit: Int
  /// What members of a line must say, by name.
  public var filters: [String: String]

  /// Lines that are asked for by default: the newest hundred.
  public static let limitStandard = 100
  /// Lines of the audit log that one search may ask for.
  public static let limitMax = 10_000

  /// The newest lines that pass `filters`.
  public init(
    from: Datetime? = nil, to: Datetime? = nil, limit: Int = Self.limitStandard,
    filters: [String: String] = [:]
  ) {
    self.from = from
    self.to = to
    self.limit = limit
    self.filters = filters
  }
}
