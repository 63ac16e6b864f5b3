import Logging
import Storage

/// Keys of collection numbers that the catalogue does not know: what an interrupted recovery has
/// written, or what it has replaced. Nobody reads them.
struct OrphanRanges {
  let core: DatabaseCore

  private static let families = [KeyLayout.points, KeyLayout.vectors, KeyLayout.ids]

  /// Removes all keys of numbers that are not `known`, a seek a number and family.
  func removeAll(except known: Set<UInt32>, logger: Logger) throws(DatabaseError) {
    var orphans: Set<UInt32> = []
    do throws(StorageError) {
      for family in Self.families {
        var next: UInt32? = 0
        while let from = next, let number = try firstNumber(in: family, from: from) {
          if !known.contains(number) { orphans.insert(number) }
          next = number < .max ? number + 1 : nil
        }
      }
    } catch {
      throw DatabaseError(error)
    }
    for number in orphans.sorted() {
      logger.notice(
        "removing what an interrupted recovery left", metadata: ["collection": "\(number)"])
      remove(number)
    }
  }

  /// Removes the keys of one number. What can't be removed now is when the database is opened.
  func remove(_ number: UInt32) {
    let range = KeyLayout.range(of: number)
    var batch = WriteBatch()
    for family in Self.families {
      batch.deleteRange(from: range.lower, upTo: range.upper, in: family)
    }
    do throws(StorageError) {
      try core.store.write(batch, sync: false)
      for family in Self.families {
        try core.store.deleteFilesInRange(in: family, from: range.lower, upTo: range.upper)
      }
    } catch {
      // The keys stay out of everybody's way meanwhile.
    }
  }

  private func firstNumber(
    in family: ColumnFamily, from number: UInt32
  ) throws(StorageError) -> UInt32? {
    var iterator = try core.store.scan(
      in: family, from: KeyLayout.range(of: number).lower, upTo: [], fillCache: false)
    guard try iterator.next() else { return nil }
    return iterator.key.readBigEndian(UInt32.self, at: 0)
  }
}
