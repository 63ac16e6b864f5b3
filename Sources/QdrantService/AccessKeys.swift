/// The keys that open the server, and what each permits.
public struct AccessKeys: Sendable {
  private let full: [UInt8]?
  private let readOnly: [UInt8]?

  /// Keys of which each may be missing; without any of them everybody may do everything.
  public init(full: String?, readOnly: String?) {
    self.full = full.map { Array($0.utf8) }
    self.readOnly = readOnly.map { Array($0.utf8) }
  }

  /// What a request may do that brought `key`.
  ///
  /// - Throws: ``ServiceError/unauthenticated(_:)`` for a key that is wrong, or missing where one
  ///   is demanded.
  public func access(of key: @autoclosure () -> String?) throws(ServiceError) -> Access {
    if full == nil, readOnly == nil { return .full }
    guard let key = key() else { throw .missingKey }
    let given = Array(key.utf8)
    // Both are always compared, so that the time taken says nothing of either.
    let isFull = full.map { Self.equal(given, $0) } ?? false
    let isReadOnly = readOnly.map { Self.equal(given, $0) } ?? false
    if isFull { return .full }
    if isReadOnly { return .readOnly }
    throw .unauthenticated("Invalid API key or JWT")
  }

  /// Compares without stopping at the first difference.
  private static func equal(_ given: [UInt8], _ secret: [UInt8]) -> Bool {
    var difference = UInt(bitPattern: given.count ^ secret.count)
    for index in secret.indices {
      let byte = index < given.count ? given[index] : 0
      difference |= UInt(byte ^ secret[index])
    }
    return difference == 0
  }
}
