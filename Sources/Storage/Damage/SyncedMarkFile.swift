import Glibc
import Synchronization

/// Appends marks to the file `SYNCED` of an open store, each after the sync that made it true.
///
/// The file itself is not synced with every mark: what a power cut takes of it leaves an older
/// mark. That a mark can't be written fails nothing for the same reason.
final class SyncedMarkFile: Sendable {
  static let name = "SYNCED"
  /// Where the file is begun anew.
  private static let marksMax = 2048

  private let directory: StoreDirectory
  private let state: Mutex<State>

  private struct State {
    var file: Int32
    var manifestFile: Int32
    var mark: SyncedMark
    var count = 0
  }

  /// Begins a new file with what is true now; `nil` when that can't be done.
  init?(directory: StoreDirectory, sequence: UInt64, oldestNeededLog: UInt64) {
    self.directory = directory
    let mark = SyncedMark(
      sequence: sequence, manifest: 0, manifestBytes: 0, oldestLog: 0,
      boot: SyncedMark.currentBoot)
    var state = State(file: -1, manifestFile: -1, mark: mark)
    Self.look(&state, directory, oldestNeededLog: { oldestNeededLog })
    guard state.manifestFile >= 0, Self.begin(&state, directory) else {
      if state.manifestFile >= 0 { close(state.manifestFile) }
      return nil
    }
    self.state = Mutex(state)
  }

  deinit {
    state.withLock { state in
      close(state.file)
      close(state.manifestFile)
    }
  }

  /// Notes that the changes up to `sequence` were synced.
  ///
  /// - Parameter oldestNeededLog: asked when tables or logs have changed.
  func note(sequence: UInt64, oldestNeededLog: () -> UInt64) {
    state.withLock { state in
      let before = state.mark
      state.mark.sequence = max(before.sequence, sequence)
      Self.look(&state, directory, oldestNeededLog: oldestNeededLog)
      if state.mark == before { return }
      if state.count >= Self.marksMax {
        _ = Self.begin(&state, directory)
      } else {
        Self.append(&state)
      }
    }
  }

  /// Makes the newest mark durable, for the end of an orderly run.
  func sync() {
    state.withLock { state in _ = fsync(state.file) }
  }

  private static func append(_ state: inout State) {
    let bytes = state.mark.encoded
    let offset = off_t(state.count * SyncedMark.byteCount)
    // What a failed write leaves is written over by the next.
    if pwrite(state.file, bytes, bytes.count, offset) == bytes.count { state.count += 1 }
  }

  /// Starts a new file with the present mark, in the place of the old one.
  private static func begin(_ state: inout State, _ directory: StoreDirectory) -> Bool {
    let path = directory.path + "/" + name
    let new = path + ".new"
    let file = open(new, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { return false }
    let bytes = state.mark.encoded
    guard pwrite(file, bytes, bytes.count, 0) == bytes.count, fsync(file) == 0,
      rename(new, path) == 0
    else {
      close(file)
      unlink(new)
      return false
    }
    if state.file >= 0 { close(state.file) }
    state.file = file
    state.count = 1
    return true
  }

  /// Takes over what the manifest has become. It changes seldom: with a flush, a compaction.
  private static func look(
    _ state: inout State, _ directory: StoreDirectory, oldestNeededLog: () -> UInt64
  ) {
    var status = stat()
    var isCurrent = false
    if state.manifestFile >= 0, fstat(state.manifestFile, &status) == 0, status.st_nlink > 0 {
      if UInt64(status.st_size) == state.mark.manifestBytes { return }
      isCurrent = true
    }
    // Another one may have begun although the old one is not removed yet.
    guard let number = directory.currentManifest() else { return }
    if !isCurrent || number != state.mark.manifest {
      let file = open(directory.path(ofManifest: number), O_RDWR | O_CLOEXEC)
      guard file >= 0 else { return }
      guard fstat(file, &status) == 0 else {
        close(file)
        return
      }
      if state.manifestFile >= 0 { close(state.manifestFile) }
      state.manifestFile = file
    }
    let needed = oldestNeededLog()
    let oldest = try? directory.logNumbers().first { $0 >= needed }
    // What is promised must be on the disk: the bytes seen, and the names of manifest and log.
    guard fsync(state.manifestFile) == 0, directory.sync() else { return }
    state.mark.manifest = number
    state.mark.manifestBytes = UInt64(status.st_size)
    state.mark.oldestLog = (oldest ?? nil) ?? 0
  }
}
