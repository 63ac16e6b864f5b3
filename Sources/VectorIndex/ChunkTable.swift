/// A chunk whose contents lie at addresses that stay the same while it lives.
package protocol AddressableChunk: AnyObject, Sendable {
  associatedtype Addresses
  var addresses: Addresses { get }
}

/// The chunks of a column at one moment by chunk number, and their addresses side by side, so that
/// looking at a row takes no reference to its chunk.
///
/// SAFETY: `addresses` is filled in `init`, never written again, and freed in `deinit`; what it
/// points to lives as long as `chunks`.
package final class ChunkTable<Chunk: AddressableChunk>: @unchecked Sendable {
  /// By chunk number; `nil` where there is none.
  package let chunks: [Chunk?]
  @usableFromInline let addresses: UnsafeMutablePointer<Chunk.Addresses?>
  @usableFromInline let count: Int

  /// A table of `chunks`.
  package init(_ chunks: [Chunk?] = []) {
    self.chunks = chunks
    count = chunks.count
    addresses = .allocate(capacity: max(1, count))
    for (number, chunk) in chunks.enumerated() {
      (addresses + number).initialize(to: chunk?.addresses)
    }
  }

  deinit { addresses.deallocate() }

  /// Where chunk `number` is, valid while the table lives; `nil` if there is none.
  @inlinable
  package func addresses(of number: Int) -> Chunk.Addresses? {
    number < count ? addresses[number] : nil
  }
}
