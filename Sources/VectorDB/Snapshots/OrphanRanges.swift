import Logging
import Storage

/// Keys of collection numbers that the catalogue does not know: what an interrupted recovery has
/// written, or what it has replaced. Nobody reads them.
struct OrphanRanges {
  let core: DatabaseCore

  private static let families = [KeyLayout.points, KeyLayout.vectors, KeyLayout.ids]

  /// Removes all keys of numbers that are not `known`, a seek and family for each run of numbers
  /// between known ones. Where a table is damaged nothing is removed.
  func removeAll(except known: Set<UInt32>, logger: Logger) throws(DatabaseError) {
    var orphans: Set<UInt32> = []
    for gap in Self.gaps(between: known) {
      for family in Self.families {
        do throws(StorageError) {
          var next = gap.lowerBound
          while next < gap.upperBound,
            let number = try firstNumber(in: family, next..<gap.upperBound)
          {
            orphans.insert(number)
            next = number + 1
          }
        } catch {
          guard case .corruption = error else { throw DatabaseError(error) }
          core.noteDamage()
        }
      }
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

  /// The numbers that are not known, in runs; the greatest of all is never used.
  private static func gaps(between known: Set<UInt32>) -> [Range<UInt32>] {
    var gaps: [Range<UInt32>] = []
    var next: UInt32 = 0
    for number in known.sorted() + [.max] {
      if next < number { gaps.append(next..<number) }
      next = number < .max ? number + 1 : number
    }
    return gaps
  }

  private func firstNumber(
    in family: ColumnFamily, _ numbers: Range<UInt32>
  ) throws(StorageError) -> UInt32? {
    var iterator = try core.store.scan(
      in: family, from: KeyLayout.range(of: numbers.lowerBound).lower,
      upTo: KeyLayout.range(of: numbers.upperBound).lower, fillCache: false)
    guard try iterator.next() else { return nil }
    return iterator.key.readBigEndian(UInt32.self, at: 0)
  }
}
