import AccessTokens

/// The keys that open the server, and what each permits.
public struct AccessKeys: Sendable {
  private let full: [[UInt8]]
  private let readOnly: [UInt8]?
  /// What tokens are signed with; none where they are not taken.
  let tokenKeys: [TokenKey]

  /// Keys of which each may be missing; without any of them everybody may do everything.
  ///
  /// - Parameters:
  ///   - alternative: opens what `full` opens, while one replaces the other.
  ///   - takesTokens: whether tokens are taken that one of the two has signed.
  public init(
    full: String?, alternative: String? = nil, readOnly: String?, takesTokens: Bool = false
  ) {
    let secrets = [full, alternative].compactMap { $0 }.filter { !$0.isEmpty }
    self.full = secrets.map { Array($0.utf8) }
    self.readOnly = readOnly.flatMap { $0.isEmpty ? nil : Array($0.utf8) }
    tokenKeys = takesTokens ? secrets.map(TokenKey.init) : []
  }

  /// A server that asks for nothing.
  public static let none = AccessKeys(full: nil, readOnly: nil)

  /// Whether any key is asked for.
  public var areRequired: Bool { !full.isEmpty || readOnly != nil }

  /// What `key` opens by itself; `nil` when it is none of these, and then perhaps a token.
  public func access(of key: String) -> Access? {
    let given = Array(key.utf8)
    // All are always compared, so that the time taken says nothing of any.
    var isFull = false
    for secret in full { isFull = Self.equal(given, secret) || isFull }
    let isReadOnly = readOnly.map { Self.equal(given, $0) } ?? false
    return isFull ? .full : isReadOnly ? .readOnly : nil
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
