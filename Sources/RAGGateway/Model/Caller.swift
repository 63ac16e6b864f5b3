import PointModel

/// Who asks, as their key says.
public struct Caller: Sendable, Equatable {
  /// What is told apart in limits and in idempotency keys; never the key itself.
  public let name: String
  /// Whether chunks may be stored and removed.
  public let mayWrite: Bool
  /// Whose chunks are seen and written; empty sees all, and writes those of nobody in particular.
  public let tenant: String

  /// A caller.
  public init(name: String, mayWrite: Bool, tenant: String) {
    self.name = name
    self.mayWrite = mayWrite
    self.tenant = tenant
  }

  /// Everybody, where no keys are set.
  public static let anybody = Caller(name: "", mayWrite: true, tenant: "")

  /// A filter of the caller's, within what they may see: both must hold.
  func narrowed(_ filter: Filter?) -> Filter? {
    guard !tenant.isEmpty else { return filter }
    let path = PayloadPath(steps: [.key(IndexedChunk.fingerprintKey), .key("tenant")])
    let own = Condition.match(key: path, .value(.string(tenant)))
    return Filter(must: [own] + (filter.map { [.filter($0)] } ?? []))
  }

  /// Throws unless the caller may write.
  func requireWriting() throws(GatewayError) {
    guard mayWrite else {
      throw .forbidden("This key may ask questions; storing and removing needs one that may write")
    }
  }
}
