import CRowFiles
import Glibc

/// The rows of a column that are in files and not in memory, at one moment. Immutable; keeps the
/// files open.
public final class FiledRows: Sendable {
  /// By the rows that they stand for, which no two have in common.
  public let files: [RowFile]
  let reads: PageReads
  private let rowBytes: Int

  /// Bytes of pages that are read at once, if a row needs no more.
  private static let scratchPages = 256

  init(_ files: [RowFile], reads: PageReads, rowBytes: Int) {
    self.files = files.sorted { $0.header.rows.lowerBound < $1.header.rows.lowerBound }
    self.reads = reads
    self.rowBytes = rowBytes
  }

  /// A row that is to be read, and where to; to nowhere if it is only fetched.
  struct Target {
    let offset: UInt32
    let memory: UnsafeMutableRawPointer?
  }

  /// A row that has to be read, as the pages of a file.
  private struct Pending {
    let file: Int
    let position: Int
    let pages: Range<Int>
    let target: Target
  }

  private func place(of offset: UInt32) -> (file: Int, position: Int)? {
    for index in files.indices where files[index].header.rows.contains(offset) {
      return files[index].position(of: offset).map { (index, $0) }
    }
    return nil
  }

  /// Whether a file holds the row at `offset`.
  func contains(_ offset: UInt32) -> Bool { place(of: offset) != nil }

  /// Reads rows, all of which are here: from the cache, else in one go. Blocking.
  ///
  /// - Parameter keeps: whether their pages are likely to be wanted again.
  func read(_ targets: UnsafeBufferPointer<Target>, keeps: Bool) {
    var pending: [Pending] = []
    var hits = 0
    for target in targets {
      guard let (index, position) = place(of: target.offset) else {
        preconditionFailure("a row that is not there is read")
      }
      let file = files[index]
      if isCached(file, position, target.memory) {
        hits += 1
      } else {
        pending.append(
          Pending(
            file: index, position: position, pages: file.layout.pages(of: position),
            target: target))
      }
    }
    if hits > 0 { reads.noteHits(hits) }
    if pending.isEmpty { return }
    pending.sort { ($0.file, $0.position) < ($1.file, $1.position) }
    var start = 0
    while start < pending.count {
      var end = start + 1
      var pages = pending[start].pages.count
      while end < pending.count, pages + pending[end].pages.count <= Self.scratchPages {
        pages += pending[end].pages.count
        end += 1
      }
      read(pending[start..<end], pages: pages, keeps: keeps)
      start = end
    }
  }

  private func isCached(
    _ file: RowFile, _ position: Int, _ memory: UnsafeMutableRawPointer?
  ) -> Bool {
    guard reads.cache.isEnabled else { return false }
    var start = file.layout.start(of: position)
    var done = 0
    while done < rowBytes {
      let (page, inPage) = start.quotientAndRemainder(dividingBy: RowFileLayout.pageBytes)
      let count = min(rowBytes - done, RowFileLayout.pageBytes - inPage)
      let range = inPage..<inPage + count
      guard reads.cache.copy(page, of: file, range, to: memory.map { $0 + done }) else {
        return false
      }
      start += count
      done += count
    }
    return true
  }

  /// Reads rows whose pages are at most so many: those side by side in one read.
  private func read(_ pending: ArraySlice<Pending>, pages: Int, keeps: Bool) {
    let pageBytes = RowFileLayout.pageBytes
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: pages * pageBytes, alignment: pageBytes)
    defer { scratch.deallocate() }
    var operations: [rf_read] = []
    /// For each row: where its first page is in the scratch memory, and the read that brings it.
    var places: [(page: Int, operation: Int)] = []
    var used = 0
    var last: (file: Int, pages: Range<Int>, start: Int) = (-1, 0..<0, 0)
    for row in pending {
      let isNext = row.file == last.file && row.pages.lowerBound <= last.pages.upperBound
      if !isNext {
        last = (row.file, row.pages.lowerBound..<row.pages.lowerBound, used)
        let file = files[row.file]
        operations.append(
          rf_read(
            descriptor: file.descriptor, length: 0,
            offset: file.start(of: row.pages.lowerBound), buffer: scratch + used * pageBytes,
            result: 0))
      }
      let more = max(0, row.pages.upperBound - last.pages.upperBound)
      last.pages = last.pages.lowerBound..<last.pages.upperBound + more
      operations[operations.count - 1].length += UInt32(more * pageBytes)
      used += more
      places.append(
        (last.start + row.pages.lowerBound - last.pages.lowerBound, operations.count - 1))
    }
    reads.run(&operations)
    for (row, place) in zip(pending, places) {
      let first = scratch + place.page * pageBytes
      let isRead = operations[place.operation].result == Int64(operations[place.operation].length)
      take(row, first, isRead: isRead, keeps: keeps)
    }
  }

  private func take(
    _ row: Pending, _ first: UnsafeMutableRawPointer, isRead: Bool, keeps: Bool
  ) {
    let file = files[row.file]
    let pageBytes = RowFileLayout.pageBytes
    let isSound =
      isRead
      && row.pages.allSatisfy {
        file.isSound($0, first + ($0 - row.pages.lowerBound) * pageBytes)
      }
    guard isSound else {
      file.noteDamage()
      guard let memory = row.target.memory else { return }
      let bytes = UnsafeMutableRawBufferPointer(start: memory, count: rowBytes)
      // A row that is lost everywhere is near nothing.
      if !file.truth(row.target.offset, bytes) { memset(memory, 0xFF, rowBytes) }
      return
    }
    if keeps {
      for page in row.pages {
        reads.cache.insert(page, of: file, first + (page - row.pages.lowerBound) * pageBytes)
      }
    }
    let start = file.layout.start(of: row.position) - row.pages.lowerBound * pageBytes
    row.target.memory?.copyMemory(from: first + start, byteCount: rowBytes)
  }
}
