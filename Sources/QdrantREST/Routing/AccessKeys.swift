/// The keys that open the server, and what each permits.
package struct AccessKeys: Sendable {
  package enum Verdict: Equatable {
    case full
    case readOnly
    case missing
    case wrong
  }

  private let full: [UInt8]?
  private let readOnly: [UInt8]?

  package init(full: String?, readOnly: String?) {
    self.full = full.map { Array($0.utf8) }
    self.readOnly = readOnly.map { Array($0.utf8) }
  }

  /// Whether any key is demanded.
  package var areRequired: Bool { full != nil || readOnly != nil }

  /// Judges the key of a request; `nil` when it brought none.
  package func verdict(on key: String?) -> Verdict {
    guard let key else { return .missing }
    let given = Array(key.utf8)
    // Both are always compared, so that the time taken says nothing of either.
    let isFull = full.map { Self.equal(given, $0) } ?? false
    let isReadOnly = readOnly.map { Self.equal(given, $0) } ?? false
    if isFull { return .full }
    return isReadOnly ? .readOnly : .wrong
  }

  /// Compares without stopping at the first difference.
  static func equal(_ given: [UInt8], _ secret: [UInt8]) -> Bool {
    var difference = UInt(bitPattern: given.count ^ secret.count)
    for index in secret.indices {
      let byte = index < given.count ? given[index] : 0
      difference |= UInt(byte ^ secret[index])
    }
    return difference == 0
  }
}
