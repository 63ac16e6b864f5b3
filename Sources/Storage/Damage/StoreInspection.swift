import FileMapping
import Glibc

/// What is looked at before RocksDB opens a directory, and after: whether everything that was
/// synced is there.
struct StoreInspection {
  let directory: StoreDirectory
  /// What was synced, as far as it is known; `nil` in a directory of an earlier release.
  let mark: SyncedMark?

  init(_ directory: StoreDirectory) {
    self.directory = directory
    mark = SyncedMark.newest(in: directory.path + "/" + SyncedMarkFile.name)
  }

  /// Throws `corruption` when the manifest or a log is shorter than what was synced, or has a
  /// gap. What a power cut left behind a gap, none of which was synced, is cut off.
  func check() throws(StorageError) {
    guard let mark else { return }
    try checkManifest(mark)
    try checkLogs(mark, verifies: false)
  }

  /// What a directory that RocksDB found damaged is worth: returns when it may be opened again,
  /// because the damage was behind everything that was synced and has been cut off.
  func judge(_ error: StorageError) throws(StorageError) {
    guard let mark, case .corruption = error else { throw error }
    guard try checkLogs(mark, verifies: true) else { throw error }
  }

  /// Throws `corruption` when an opened store lacks changes that were synced.
  func check(openedAt sequence: UInt64) throws(StorageError) {
    guard let mark, sequence < mark.sequence else { return }
    throw .corruption(
      """
      \(directory.path) holds changes up to number \(sequence), but those up to \
      \(mark.sequence) were on disk: a log or a manifest is damaged or missing
      """)
  }

  /// Throws `corruption` when the manifest is shorter than what was synced of it.
  func checkManifest() throws(StorageError) {
    if let mark { try checkManifest(mark) }
  }

  private func checkManifest(_ mark: SyncedMark) throws(StorageError) {
    guard let current = directory.currentManifest(), current <= mark.manifest else { return }
    guard current == mark.manifest else {
      throw .corruption(
        "CURRENT in \(directory.path) leads to an older manifest than \(mark.manifest)")
    }
    let path = directory.path(ofManifest: current)
    guard let file = try? MappedFile(path: path) else { return }
    var reader = LogReader(file.bytes, verifies: false)
    var end = 0
    while end < Int(clamping: mark.manifestBytes), reader.next() != nil {
      if reader.skipped { break }
      end = reader.recordEnd
    }
    guard end == Int(clamping: mark.manifestBytes) else {
      throw .corruption(
        "\(path) can be read up to byte \(end), but \(mark.manifestBytes) bytes were on disk")
    }
    // Nothing was flushed since, so that the oldest log is still needed.
    if file.bytes.count == end, mark.oldestLog > 0,
      access(directory.path(ofLog: mark.oldestLog), F_OK) != 0
    {
      throw .corruption("\(directory.path(ofLog: mark.oldestLog)) is missing")
    }
  }

  /// Whether something was cut off.
  @discardableResult
  private func checkLogs(_ mark: SyncedMark, verifies: Bool) throws(StorageError) -> Bool {
    let logs = try LogSequence(in: directory, from: mark.oldestLog, verifies: verifies)
    if let gap = logs.gap {
      if !verifies, gap.sequence > mark.sequence, isOpenedSince(mark) { return false }
      let name = directory.path(ofLog: gap.log)
      // Within one run of the system all that was written is there, synced or not.
      guard gap.sequence > mark.sequence, mark.boot != SyncedMark.currentBoot else {
        throw .corruption(
          "\(name) is damaged behind byte \(gap.offset): changes from number \(gap.sequence) on "
            + "can't be read")
      }
      try cut(gap, logs)
      return true
    }
    // The newest log that begins below the mark must reach it.
    if let first = logs.first, let next = logs.next, logs.newestHasRecords,
      first <= mark.sequence, next <= mark.sequence
    {
      throw .corruption(
        """
        the logs in \(directory.path) end with change number \(next - 1), but those up to \
        \(mark.sequence) were on disk
        """)
    }
    return false
  }

  /// Whether another run opened the directory after the mark, and was cut off before it took one of
  /// its own. It has put the old logs into tables, with what of them had not been synced, so that
  /// its own log does not follow on what is left of them.
  private func isOpenedSince(_ mark: SyncedMark) -> Bool {
    directory.currentManifest().map { $0 > mark.manifest } ?? false
  }

  private func cut(_ gap: LogSequence.Gap, _ logs: LogSequence) throws(StorageError) {
    for number in logs.numbers.reversed() where number > gap.log {
      guard unlink(directory.path(ofLog: number)) == 0 else {
        throw .io("\(directory.path(ofLog: number)) can't be removed")
      }
    }
    guard truncate(directory.path(ofLog: gap.log), off_t(gap.offset)) == 0, directory.sync()
    else { throw .io("\(directory.path(ofLog: gap.log)) can't be cut") }
  }
}
