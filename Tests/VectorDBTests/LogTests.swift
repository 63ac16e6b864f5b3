import DatabaseFixture
import FastJSON
import PointModel
import SeededRandom
import Synchronization
import Testing
import VectorDB

import class Foundation.FileManager

/// What a database tells of its changes, applied to another: both hold the same.
@Suite struct LogTests {
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
  func entriesMakeAnEqualDatabase(_ seed: UInt64) async throws {
    let recorder = LogRecorder()
    defer { recorder.remove() }
    var options = DatabaseOptions(limits: Limits(updatePointsMax: 5))
    options.log = recorder
    try await withDatabase(options: options) { source in
      var run = DatabaseHistory(
        seed: seed, folder: SnapshotFolder(path: source.path + "-snapshots"))
      defer { try? FileManager.default.removeItem(atPath: run.folder.path) }
      try await withDatabase { copy in
        for step in 0..<300 {
          try await run.step(source.database)
          if step % 70 == 69 { try await source.restart() }
          if step % 50 == 49 {
            try await recorder.replay(to: copy)
            try await Self.requireEqual(source.database, copy.database, "step \(step)")
          }
          if step % 110 == 109 { try await copy.restart() }
        }
        #expect(copy.database.lastEntry == source.database.lastEntry)
        #expect(recorder.count == Int(source.database.lastEntry))
        // Numbers of operations go on at the same place.
        for collection in source.database.collections {
          let twin = try copy.database.collection(named: collection.name)
          let operation = Operation.delete(.ids([.number(1)]))
          #expect(try await collection.apply([operation]) == (try await twin.apply([operation])))
        }
      }
    }
  }

  @Test func onlyTheNextEntryIsApplied() async throws {
    try await withDatabase { copy in
      let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
      let first = LogEntry(number: 1, changes: [.catalog(.create(collection: "a", config))])
      await #expect(throws: LogError.outOfOrder(expected: 1, found: 2)) {
        try await copy.database.apply(LogEntry(number: 2, changes: first.changes))
      }
      try await copy.database.apply(first)
      await #expect(throws: LogError.outOfOrder(expected: 2, found: 1)) {
        try await copy.database.apply(first)
      }
      try await copy.database.apply(LogEntry(number: 2, changes: []))
      try await copy.restart()
      #expect(copy.database.lastEntry == 2)
      #expect(copy.database.collections.map(\.name) == ["a"])
    }
  }

  /// Entries of another history, or made up, are refused, and their numbers are not noted.
  @Test func whatDoesNotFitIsRefused() async throws {
    try await withDatabase { copy in
      try await copy.create("a", size: 2)
      let vector = LoggedVector(name: "", stored: [UInt8](repeating: 0, count: 8))
      let short = LoggedVector(name: "", stored: [1, 2, 3])
      let other = LoggedVector(name: "other", stored: vector.stored)
      let infinite = LoggedVector(name: "", stored: [0, 0, 0x80, 0x7f, 0, 0, 0x80, 0x7f])
      let states: [LoggedPoint.State] = [
        .present(payload: nil, vectors: nil),
        .present(payload: payload("{}"), vectors: nil),
        .present(payload: nil, vectors: [vector]),
        .present(payload: payload("{}"), vectors: [short]),
        .present(payload: payload("{}"), vectors: [other]),
        .present(payload: payload("{}"), vectors: [infinite]),
        .present(payload: payload("[]"), vectors: [vector]),
        .present(payload: payload("{\"a\":"), vectors: [vector]),
      ]
      let next = copy.database.lastEntry + 1
      for state in states {
        await Self.refused(copy.database, next, Self.points("a", state))
      }
      await Self.refused(copy.database, next, Self.points("b", states[0]))
      await Self.refused(copy.database, next, .catalog(.recover(collection: "a", checksum: "00")))
      await Self.refused(
        copy.database, next,
        .catalog(.aliases([.create(Alias(name: "x", collection: "none"))])))
      let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 3, distance: .dot)))
      await Self.refused(copy.database, next, .catalog(.configure(collection: "a", config)))
      await Self.refused(copy.database, next, .catalog(.create(collection: "a", config)))
      #expect(copy.database.lastEntry + 1 == next)
      #expect(try await copy.database.collection(named: "a").count(nil) == 0)
    }
  }

  private static func points(_ collection: String, _ state: LoggedPoint.State) -> LogChange {
    .points(
      LoggedPoints(
        collection: collection, nextOperation: 1,
        points: [LoggedPoint(id: .number(1), version: 0, state: state)]))
  }

  private static func refused(_ database: Database, _ number: UInt64, _ change: LogChange) async {
    await #expect(throws: LogError.self, "\(change)") {
      try await database.apply(LogEntry(number: number, changes: [change]))
    }
  }

  private static func requireEqual(
    _ source: Database, _ copy: Database, _ place: String
  ) async throws {
    #expect(source.aliases == copy.aliases, "\(place)")
    #expect(source.collections.map(\.name) == copy.collections.map(\.name), "\(place)")
    for collection in source.collections {
      let twin = try copy.collection(named: collection.name)
      #expect(collection.config == twin.config, "\(place)")
      #expect(collection.payloadSchema == twin.payloadSchema, "\(place)")
      let scroll = ScrollRequest(limit: 10_000, withPayload: .all, withVector: .all)
      #expect(try await collection.scroll(scroll) == (try await twin.scroll(scroll)), "\(place)")
      let query = QueryRequest(limit: 10_000)
      let versions = try await collection.query([query])[0].map { [$0.record.id: $0.version] }
      #expect(
        try await twin.query([query])[0].map { [$0.record.id: $0.version] } == versions, "\(place)")
    }
  }
}

/// A log that may refuse, before anything is written.
@Suite struct RefusingLogTests {
  private static let points = (1...3).map { id in
    Point(id: .number(UInt64(id)), vectors: [NamedVector(name: "", value: .dense([1, 2]))])
  }

  @Test func whatItRefusesChangesNothing() async throws {
    let log = RefusingLog()
    var options = DatabaseOptions()
    options.log = log
    try await withDatabase(options: options) { source in
      let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
      try await source.database.createCollection(named: "a", config: config)
      let collection = try source.database.collection(named: "a")
      _ = try await collection.apply([.upsert(Self.points)])
      #expect(source.database.lastEntry == 2)
      for place in [RefusingLog.Place.admission, .commit] {
        log.refuse(at: place)
        let refusal = CollectionError.unavailable("the \(place) is closed")
        await #expect(throws: refusal) { try await collection.apply([.delete(.ids([.number(1)]))]) }
        await #expect(throws: refusal) {
          try await source.database.createCollection(named: "b", config: config)
        }
        #expect(collection.info().pointsCount == 3)
        #expect(source.database.collections.map(\.name) == ["a"])
        #expect(source.database.lastEntry == 2)
      }
      // What a log says goes on, and so do numbers.
      try await source.database.apply(LogEntry(number: 3, changes: []))
      log.refuse(at: nil)
      _ = try await collection.apply([.delete(.ids([.number(1)]))])
      #expect(collection.info().pointsCount == 2)
      try await source.restart()
      #expect(source.database.lastEntry == 4)
      #expect(log.numbers == [1, 2, 4])
    }
  }
}

/// Refuses at one place or nowhere, and keeps the numbers of what it took.
private final class RefusingLog: LogSink {
  enum Place: Sendable { case admission, commit }

  private let state = Mutex<(closed: Place?, asked: UInt64, numbers: [UInt64])>((nil, 0, []))

  var numbers: [UInt64] { state.withLock { $0.numbers } }

  func refuse(at place: Place?) { state.withLock { $0.closed = place } }

  func admit() throws(CollectionError) { try check(.admission) }

  func prepare(_ entry: [UInt8], number: UInt64) throws(CollectionError) {
    try check(.commit)
    state.withLock { $0.asked = number }
  }

  func append(_ entry: [UInt8], number: UInt64) {
    state.withLock { state in
      #expect(state.asked == number)
      state.numbers.append(number)
    }
  }

  func keepSnapshot(at path: String, checksum: String) throws(CollectionError) {}

  private func check(_ place: Place) throws(CollectionError) {
    if state.withLock({ $0.closed == place }) { throw .unavailable("the \(place) is closed") }
  }
}

/// Keeps the entries, and the snapshots that they refer to.
private final class LogRecorder: LogSink {
  private let entries = Mutex<[[UInt8]]>([])
  private let snapshots = Mutex<[String: String]>([:])

  var count: Int { entries.withLock { $0.count } }

  func append(_ entry: [UInt8], number: UInt64) {
    entries.withLock { entries in
      #expect(number == UInt64(entries.count + 1))
      entries.append(entry)
    }
  }

  func keepSnapshot(at path: String, checksum: String) throws(CollectionError) {
    let kept = path + "-kept-\(checksum.prefix(8))"
    do {
      if !FileManager.default.fileExists(atPath: kept) {
        try FileManager.default.copyItem(atPath: path, toPath: kept)
      }
    } catch {
      throw .storage(String(describing: error))
    }
    snapshots.withLock { $0[checksum] = kept }
  }

  /// Applies what `copy` does not have yet.
  func replay(to copy: TemporaryDatabase) async throws {
    let missing = entries.withLock { $0.dropFirst(Int(copy.database.lastEntry)) }
    for bytes in missing {
      try await copy.database.apply(try LogEntry(decoding: bytes)) {
        checksum throws(CollectionError) in
        guard let path = self.snapshots.withLock({ $0[checksum] }) else {
          throw .snapshotNotFound(checksum)
        }
        return path
      }
    }
  }

  func remove() {
    for path in snapshots.withLock({ $0.values }) {
      try? FileManager.default.removeItem(atPath: path)
    }
  }
}
