import CRocksDB
import CRocksDBFlush
import Glibc
import Synchronization

/// One open RocksDB with its lifetime: which calls are inside it, which iterators and snapshots
/// still hold native objects, and when it may be torn down.
///
/// SAFETY: RocksDB's handle, family handles, iterators' creation and snapshots may be used from
/// any thread at once. The pointers never change; they are used between `enter` and `leave`, or
/// while an iterator is counted in `lifetime`, and torn down once, when neither is the case.
final class OpenDatabase: @unchecked Sendable {
  struct Family {
    let name: String
    let handle: OpaquePointer
  }

  private struct Lifetime {
    var iterators = 0
    var snapshots: Set<UInt> = []
    var isClosing = false
    var isReleased = false
  }

  let path: String
  let settings: RocksDBSettings
  let families: [Family]
  private let database: OpaquePointer
  private let isReadOnly: Bool
  /// Calls inside RocksDB, and the closed bit.
  private let calls = Atomic<UInt64>(0)
  private let lifetime = Mutex(Lifetime())
  private let firstFailure = Mutex<String?>(nil)
  /// Held by whoever appends to the log or syncs it.
  private let logAccess = Mutex(())
  private let isClosed = Mutex(false)
  let flushes: FlushControl
  /// What is known to be on disk; `nil` before it is told to begin, or when it can't be written.
  private let marks = Mutex<SyncedMarkFile?>(nil)
  /// Posted by the last call that leaves after the closed bit was set.
  private let drained: UnsafeMutablePointer<sem_t>

  private static let closedBit: UInt64 = 1 << 63

  /// Takes over an open database.
  init(
    path: String, settings: RocksDBSettings, families: [Family], database: OpaquePointer,
    isReadOnly: Bool
  ) {
    self.path = path
    self.isReadOnly = isReadOnly
    self.settings = settings
    self.families = families
    self.database = database
    flushes = FlushControl(bytesTotal: settings.writeBufferBytesTotal)
    drained = .allocate(capacity: 1)
    drained.initialize(to: sem_t())
    sem_init(drained, 0, 0)
  }

  deinit {
    close()
    sem_destroy(drained)
    drained.deallocate()
  }

  // MARK: Calls

  /// Runs one call into RocksDB, which can't be closed meanwhile.
  func call<R: ~Copyable>(
    _ body: (OpaquePointer) throws(StorageError) -> R
  ) throws(StorageError) -> R {
    var current = calls.load(ordering: .relaxed)
    while true {
      guard current & Self.closedBit == 0 else { throw .closed }
      let (exchanged, original) = calls.weakCompareExchange(
        expected: current, desired: current + 1, ordering: .acquiring)
      if exchanged { break }
      current = original
    }
    defer {
      let left = calls.subtract(1, ordering: .acquiringAndReleasing).newValue
      if left == Self.closedBit { sem_post(drained) }
    }
    return try body(database)
  }

  /// Whether `close` was called.
  var refusesCalls: Bool { calls.load(ordering: .relaxed) & Self.closedBit != 0 }

  /// The native handle of a family.
  func handle(_ family: ColumnFamily) throws(StorageError) -> OpaquePointer {
    for known in families where known.name == family.name { return known.handle }
    throw .unknownColumnFamily(family.name)
  }

  /// Throws what an error slot of the C interface holds, if anything.
  func check(_ slot: inout UnsafeMutablePointer<CChar>?) throws(StorageError) {
    guard let message = takeMessage(&slot) else { return }
    throw StorageError(status: message, path: path)
  }

  /// `check` for calls that write: the first failure ends all writing.
  func checkWrite(_ slot: inout UnsafeMutablePointer<CChar>?) throws(StorageError) {
    guard let message = takeMessage(&slot) else { return }
    firstFailure.withLock { $0 = $0 ?? message }
    let error = StorageError(status: message, path: path)
    // What ended writing was a compaction: the next open does without.
    if case .corruption = error { DamageNote(directory: path).write() }
    throw error
  }

  /// Runs one call that appends to the log or syncs it, when no other one does, unless an earlier
  /// one failed.
  ///
  /// A sync that is asked for while an append is under way waits for it inside RocksDB; should that
  /// fail, the sync goes on with a log whose writer has failed, which ends the process: it is an
  /// assertion of RocksDB 7.8.3, and Debian's has its assertions compiled in.
  func accessLog(
    _ body: (inout UnsafeMutablePointer<CChar>?) -> Void
  ) throws(StorageError) {
    try logAccess.withLock { _ throws(StorageError) in
      if let failure { throw .failed(failure) }
      var slot: UnsafeMutablePointer<CChar>?
      body(&slot)
      try checkWrite(&slot)
    }
  }

  /// The first failure of a write, a sync or a flush.
  var failure: String? { firstFailure.withLock { $0 } }

  // MARK: What is on disk

  /// The number of the last change. Not to be called on a database that may be closed meanwhile.
  var latestSequence: UInt64 { rocksdb_get_latest_sequence_number(database) }

  /// Begins to note what is on disk, right after the database was opened: all that it holds is.
  func beginMarks() {
    let file = SyncedMarkFile(
      directory: StoreDirectory(path: path), sequence: latestSequence,
      oldestNeededLog: oldestNeededLog)
    marks.withLock { $0 = file }
  }

  /// Notes, from within a call, that the changes up to `sequence` have been synced.
  func noteSynced(_ sequence: UInt64) {
    let file = marks.withLock { $0 }
    file?.note(sequence: sequence) { oldestNeededLog }
  }

  /// The oldest log with changes that are in no table. Like ``latestSequence``.
  var oldestNeededLog: UInt64 {
    var number: UInt64 = 0
    let status = rocksdb_property_int(database, "rocksdb.min-log-number-to-keep", &number)
    return status == 0 ? number : 0
  }

  // MARK: Iterators and snapshots

  /// Counts an iterator, from within a call. The database is not torn down while one is left.
  func retainIterator() {
    lifetime.withLock { $0.iterators += 1 }
  }

  /// Ends what `retainIterator` began, and tears down a closed database with its last iterator.
  func releaseIterator() {
    lifetime.withLock { state in
      state.iterators -= 1
      if state.isClosing, state.iterators == 0 { tearDown(&state) }
    }
  }

  /// Makes a native snapshot; nil once closed.
  func createSnapshot() -> OpaquePointer? {
    let snapshot = try? call { (database) throws(StorageError) -> OpaquePointer? in
      guard let snapshot = rocksdb_create_snapshot(database) else { return nil }
      let address = UInt(bitPattern: snapshot)
      lifetime.withLock { _ = $0.snapshots.insert(address) }
      return snapshot
    }
    return snapshot ?? nil
  }

  /// Releases a snapshot unless closing did.
  func releaseSnapshot(_ snapshot: OpaquePointer) {
    let address = UInt(bitPattern: snapshot)
    lifetime.withLock { state in
      guard state.snapshots.remove(address) != nil else { return }
      rocksdb_release_snapshot(database, OpaquePointer(bitPattern: address))
    }
  }

  // MARK: Closing

  /// Waits for the calls inside RocksDB, flushes, and tears down at once or with the last iterator.
  func close() {
    isClosed.withLock { isClosed in
      guard !isClosed else { return }
      isClosed = true
      let before = calls.bitwiseOr(Self.closedBit, ordering: .acquiringAndReleasing).oldValue
      if before != 0 {
        while sem_wait(drained) != 0 && errno == EINTR {}
      }
      // The log keeps what a failed flush leaves behind; the next open replays it.
      if !isReadOnly, failure == nil, (try? flush(database)) != nil {
        let file = marks.withLock { $0 }
        file?.sync()
      }
      lifetime.withLock { state in
        state.isClosing = true
        if state.iterators == 0 { tearDown(&state) }
      }
    }
  }

  // MARK: Flushing

  /// Writes the memtables of all families to table files and waits for it.
  func flush(_ database: OpaquePointer) throws(StorageError) {
    while let pause = flushes.pause() {
      usleep(UInt32(max(1000, pause.components.attoseconds / 1_000_000_000_000)))
    }
    let sequence = latestSequence
    try flush(database, waits: true)
    noteSynced(sequence)
  }

  /// Takes note of a write, from within a call, and has the memtables written to table files when
  /// it is time to. Waits for an earlier flush if that is not done yet.
  func noteWrite(entries: Int, bytes: Int) {
    guard flushes.noteWrite(entries: entries, bytes: bytes) else { return }
    // The write itself is done; a failure is met by the next one.
    try? flush(database, waits: false)
  }

  private func flush(_ database: OpaquePointer, waits: Bool) throws(StorageError) {
    let handles = families.map { UnsafeMutableRawPointer($0.handle) }
    var slot = handles.withUnsafeBufferPointer { handles in
      handles.baseAddress.flatMap {
        crf_flush(UnsafeMutableRawPointer(database), $0, handles.count, waits)
      }
    }
    try checkWrite(&slot)
  }

  private func tearDown(_ state: inout Lifetime) {
    guard !state.isReleased else { return }
    state.isReleased = true
    for snapshot in state.snapshots {
      rocksdb_release_snapshot(database, OpaquePointer(bitPattern: snapshot))
    }
    state.snapshots.removeAll()
    for family in families { rocksdb_column_family_handle_destroy(family.handle) }
    rocksdb_close(database)
  }
}
