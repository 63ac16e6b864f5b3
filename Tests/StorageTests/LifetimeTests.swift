import Glibc
import Storage
import Synchronization
import Testing

@Suite struct LifetimeTests {
  let directory = TemporaryDirectory()

  @Test func reopenSeesDataInNewDirectories() throws {
    let path = directory.path + "/a/b/"
    do {
      let store = try openStore(path)
      try store.put(key(1), text("kept"), in: records)
    }
    let store = try openStore(path)
    #expect(try store.get(key(1), in: records) == text("kept"))
  }

  @Test func secondOpenIsBusy() throws {
    let store = try openStore(directory.path)
    let error = failure { () throws(StorageError) in _ = try openStore(directory.path) }
    #expect(error == .busy(path: directory.path))
    store.close()
    _ = try openStore(directory.path)
  }

  @Test func statusTextsAreClassified() {
    func classify(_ text: String) -> StorageError { StorageError(status: text, path: "/d") }
    let other =
      "IO error: While lock file: /d/LOCK: Resource temporarily unavailable"
    #expect(classify(other) == .busy(path: "/d"))
    let denied = "IO error: While open a file for lock: /d/LOCK: Permission denied"
    #expect(classify(denied).isNotWritable)
    #expect(classify("IO error: No space left on device: While appending").isOutOfSpace)
    #expect(classify("Corruption: block checksum mismatch").isCorruption)
    let missing = "IO error: No such file or directory: While opening: /d/MANIFEST-000005"
    #expect(classify(missing).isCorruption)
    let path = "/No space left on device"
    let named = StorageError(status: "IO error: While fsync: \(path)/1.log: oops", path: path)
    #expect(named == .io("IO error: While fsync: \(path)/1.log: oops"))
  }

  @Test func unusablePathsAreNotWritable() throws {
    let file = directory.path + "/file"
    TemporaryDirectory.write([1], to: file)
    for path in [file, file + "/below", "", "/proc/quiver"] {
      let error = failure { () throws(StorageError) in _ = try openStore(path) }
      guard case .notWritable(let message) = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
      #expect(message.contains(path))
    }
  }

  @Test func closedStoreRefusesEverything() throws {
    let store = try openStore(directory.path)
    try store.put(key(1), [1], in: records)
    let snapshot = store.snapshot()
    store.close()
    store.close()
    var batch = WriteBatch()
    #expect(failure { () throws(StorageError) in try store.write(batch, sync: false) } == .closed)
    batch.put(key: key(2), value: [], in: records)
    #expect(failure { () throws(StorageError) in try store.write(batch, sync: true) } == .closed)
    #expect(failure { () throws(StorageError) in try store.syncLog() } == .closed)
    #expect(failure { () throws(StorageError) in try store.flush() } == .closed)
    #expect(failure { () throws(StorageError) in _ = try store.memory() } == .closed)
    for snapshot in [nil, snapshot, store.snapshot()] {
      #expect(
        failure { () throws(StorageError) in
          _ = try store.get(key(1), in: records, at: snapshot)
        } == .closed)
      #expect(
        failure { () throws(StorageError) in
          _ = try store.scan(in: records, from: [], upTo: [], at: snapshot)
        } == .closed)
    }
  }

  private final class Rounds: Sendable {
    let done = Mutex([Int](repeating: 0, count: 4))
  }

  @Test func closeDuringUse() async throws {
    let store = try openStore(directory.path)
    try store.put(key(0), text("x"), in: records)
    let rounds = Rounds()
    try await withThrowingTaskGroup(of: StorageError?.self) { group in
      for task in 0..<4 {
        group.addTask {
          for round in 1... {
            rounds.done.withLock { $0[task] = round }
            let error = failure { () throws(StorageError) in
              if task == 0 {
                try store.put(key(round), text("y"), in: records)
              } else if task == 1 {
                _ = try store.numbers(in: records, upTo: key(9), at: store.snapshot())
              } else {
                _ = try store.get(key(0), in: records)
              }
            }
            if let error { return error }
            await Task.yield()
          }
          return nil
        }
      }
      group.addTask {
        // All are at it.
        while rounds.done.withLock({ ($0.min() ?? 0) < 50 }) { await Task.yield() }
        store.close()
        return .closed
      }
      for try await error in group { #expect(error == .closed) }
    }
    let again = try openStore(directory.path)
    #expect(try again.get(key(0), in: records) == text("x"))
  }

  @Test func iteratorOutlivesTheStoreAndItsClosing() throws {
    var store: KeyValueStore? = try openStore(directory.path)
    try store?.put(key(1), text("a"), in: records)
    try store?.put(key(2), text("b"), in: records)
    try walkPastClosing(&store)
    let again = try openStore(directory.path)
    #expect(try again.numbers(in: records) == [1, 2])
  }

  private func walkPastClosing(_ store: inout KeyValueStore?) throws {
    guard let snapshot = store?.snapshot(),
      var entries = try store?.scan(in: records, from: [], upTo: [], at: snapshot)
    else { return }
    #expect(try entries.next())
    store?.close()
    store = nil
    #expect([UInt8](entries.value) == text("a"))
    var ended: StorageError?
    do { _ = try entries.next() } catch { ended = error }
    #expect(ended == .closed)
    let error = failure { () throws(StorageError) in _ = try openStore(directory.path) }
    #expect(error?.isBusy == true)
    _ = consume entries
  }

  @Test func snapshotKeepsTheStoreOpen() throws {
    var store: KeyValueStore? = try openStore(directory.path)
    var snapshot = store?.snapshot()
    store = nil
    let error = failure { () throws(StorageError) in _ = try openStore(directory.path) }
    #expect(error?.isBusy == true && snapshot != nil)
    snapshot = nil
    _ = try openStore(directory.path)
  }

  @Test func closingFlushes() throws {
    let store = try openStore(directory.path)
    for number in 0..<500 {
      try store.put(key(number), [UInt8](repeating: 7, count: 1_000), in: records)
      try store.put(key(number), [UInt8](repeating: 7, count: 100), in: meta)
    }
    store.close()
    let logged = TemporaryDirectory.logs(directory.path).map { TemporaryDirectory.read($0).count }
    #expect(logged.reduce(0, +) == 0)
    for log in TemporaryDirectory.logs(directory.path) { unlink(log) }
    unlink(directory.path + "/SYNCED")
    let again = try openStore(directory.path)
    #expect(try again.numbers(in: records) == Array(0..<500))
  }

  @Test func unlistedFamiliesSurvive() throws {
    let extra = ColumnFamily(name: "extra", profile: .vectors)
    do {
      let store = try KeyValueStore(path: directory.path, columnFamilies: [extra, records])
      try store.put(key(1), text("extra"), in: extra)
    }
    do {
      let store = try KeyValueStore(path: directory.path, columnFamilies: [meta])
      try store.put(key(2), text("m"), in: meta)
    }
    let store = try KeyValueStore(path: directory.path, columnFamilies: [])
    #expect(try store.get(key(1), in: extra) == text("extra"))
    #expect(try store.get(key(2), in: meta) == text("m"))
    let absent = ColumnFamily(name: "absent", profile: .small)
    #expect(
      failure { () throws(StorageError) in _ = try store.get(key(1), in: absent) }
        == .unknownColumnFamily("absent"))
  }
}
