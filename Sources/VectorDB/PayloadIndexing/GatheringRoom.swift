import PointModel

/// The room of what payloads come to in payload indexes. A text may come to many times its size, as
/// by all beginnings of its words, and so may a long list of short values.
///
/// For one thread at a time.
final class GatheringRoom {
  private let memory: MemoryBudget
  private let step: Int
  /// `nil` as long as what is gathered is little.
  private(set) var lease: MemoryLease?
  /// Why there is no more room.
  private(set) var refusal: CollectionError?
  private var passing = 0
  /// What may be held: the free bytes, and those of the lease.
  private var roomBytes: Int

  /// A token's places in the list of its row and in the table of the group, both with room to grow,
  /// and what a long one has outside of them beyond its bytes.
  private static let tokenBytes = 48
  private static let blockBytes = 104
  /// Tokens of up to so many bytes have nothing outside.
  private static let inlineBytes = 15
  /// The place of a key that is no text in the list of its row, with room to grow.
  private static let keyBytes = 32

  /// - Parameters:
  ///   - freeBytes: what is not worth a lease.
  ///   - step: leases grow by at least so many bytes.
  init(_ memory: MemoryBudget, freeBytes: Int = 1 << 20, step: Int = 4 << 20) {
    self.memory = memory
    self.roomBytes = freeBytes
    self.step = step
  }

  /// Counts a token or keyword of the payload that is looked at; whether there is room for it.
  func take(_ token: String) -> Bool {
    let length = token.utf8.count
    passing += Self.tokenBytes + (length <= Self.inlineBytes ? 0 : length + Self.blockBytes)
    return hasRoom(passing)
  }

  /// Counts a key that is no text; whether there is room for it.
  func takeKey() -> Bool {
    passing += Self.keyBytes
    return hasRoom(passing)
  }

  /// Whether there is room for `bytes`, which all payloads hold together, that which is being
  /// entered as far as it is.
  func fits(_ bytes: Int) -> Bool { hasRoom(max(passing, bytes)) }

  /// Notes how much all payloads hold that were looked at.
  func settle(_ bytes: Int) throws(CollectionError) {
    passing = bytes
    if !hasRoom(bytes), let refusal { throw refusal }
  }

  private func hasRoom(_ bytes: Int) -> Bool {
    if refusal != nil { return false }
    let missing = bytes - roomBytes
    if missing <= 0 { return true }
    do throws(CollectionError) {
      if let lease {
        let growth = max(missing, step)
        try lease.grow(by: growth)
        roomBytes += growth
      } else {
        lease = try memory.lease(missing, for: .payloadIndex)
        roomBytes += missing
      }
      return true
    } catch {
      refusal = error
      return false
    }
  }
}
