import PointModel

/// The room of what a group's payloads come to in payload indexes. A text may come to many times
/// its size, as by all beginnings of its words: that is beyond what was admitted with the payload.
///
/// For one thread at a time.
final class GatheringRoom {
  private let memory: MemoryBudget
  /// `nil` as long as what is gathered is little.
  private(set) var lease: MemoryLease?
  private var refusal: CollectionError?
  private var passing = 0

  /// What is not worth a lease.
  private static let freeBytes = 1 << 20
  /// Leases grow by at least so much.
  private static let step = 4 << 20
  /// A token's places in the list of its row and in the table of the group, both with room to grow,
  /// and what a long one has outside of them beyond its bytes.
  private static let tokenBytes = 48
  private static let blockBytes = 104
  /// Tokens of up to so many bytes have nothing outside.
  private static let inlineBytes = 15

  init(_ memory: MemoryBudget) {
    self.memory = memory
  }

  /// Counts a token of the payload that is looked at; whether there is room for it.
  func take(_ token: String) -> Bool {
    let length = token.utf8.count
    passing += Self.tokenBytes + (length <= Self.inlineBytes ? 0 : length + Self.blockBytes)
    return hasRoom(passing)
  }

  /// Notes how much all payloads hold that were looked at.
  func settle(_ bytes: Int) throws(CollectionError) {
    passing = bytes
    if !hasRoom(bytes), let refusal { throw refusal }
  }

  private func hasRoom(_ bytes: Int) -> Bool {
    if refusal != nil { return false }
    let missing = bytes - Self.freeBytes - (lease?.bytes ?? 0)
    if missing <= 0 { return true }
    do throws(CollectionError) {
      if let lease {
        try lease.grow(by: max(missing, Self.step))
      } else {
        lease = try memory.lease(missing, for: .payloadIndex)
      }
      return true
    } catch {
      refusal = error
      return false
    }
  }
}
