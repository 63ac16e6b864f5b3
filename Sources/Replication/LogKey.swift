import SharedLog

/// The keys of a shared log's objects, which <doc:ReplicationFormat> lists. Numbers have twenty
/// digits, so that the order of keys is that of numbers.
package enum LogKey {
  /// What the keys of segments begin with.
  package static let segments = "log/"
  /// What the keys of snapshots begin with.
  package static let snapshots = "snap/"
  /// The floor.
  package static let floor = "floor"
  /// The leader object.
  package static let leader = "leader"
  /// What the keys of servers' notes begin with.
  package static let nodes = "node/"
  /// Whose log it is.
  package static let database = "database"

  /// The key of the segment of this number.
  package static func segment(_ number: UInt64) -> String { segments + digits(number) }

  /// The key of the snapshot after the segment of this number.
  package static func snapshot(_ number: UInt64) -> String { snapshots + digits(number) }

  /// The number in a key that ``segment(_:)`` or ``snapshot(_:)`` made; `nil` of any other.
  package static func number(_ key: String, in prefix: String) -> UInt64? {
    guard key.hasPrefix(prefix), let number = UInt64(key.dropFirst(prefix.count)),
      number < LogSegment.numberBound, key == prefix + digits(number)
    else { return nil }
    return number
  }

  private static func digits(_ number: UInt64) -> String {
    let text = String(number)
    return String(repeating: "0", count: 20 - text.utf8.count) + text
  }
}
