import DatabaseFixture
import Dispatch
import Foundation
import PointModel
import Testing
import VectorDB

/// What bounds snapshots that are read, and those that wait.
@Suite struct SnapshotBoundTests {
  /// A snapshot of one frame, which says that it has so many bytes and is as long as that.
  private func snapshot(ofFrameWith bytes: UInt32, at path: String) throws {
    let format: [UInt8] = [0, 0, 0, 1]
    let length = withUnsafeBytes(of: bytes.bigEndian) { Array($0) }
    let start = Data(Array("QUIVSNAP".utf8) + format + [1] + length)
    try #require(FileManager.default.createFile(atPath: path, contents: start))
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: UInt64(bytes) + 1000)
    try file.close()
  }

  /// Of `bodyBytesMax`.
  @Test(arguments: [
    (256 << 20, "the checksum of frame 0 is wrong"), (256 << 20 + 1, "frame 0 can"),
  ])
  func framesHaveABound(bytes: UInt32, reason: String) async throws {
    try await withDatabase { temporary in
      let path = temporary.path + "-long.snapshot"
      defer { try? FileManager.default.removeItem(atPath: path) }
      try snapshot(ofFrameWith: bytes, at: path)
      let error = await #expect(throws: CollectionError.self) {
        try await temporary.database.recoverCollection(named: "c", from: path)
      }
      #expect(error.map { "\($0)" }?.contains(reason) == true, "\(String(describing: error))")
    }
  }

  /// Holds up whoever recovers a snapshot.
  private final class Barrier: LogSink {
    let arrived = DispatchSemaphore(value: 0)
    let opened = DispatchSemaphore(value: 0)

    func admit() throws(CollectionError) {
      arrived.signal()
      opened.wait()
    }

    func append(_ entry: [UInt8], number: UInt64) {}

    func keepSnapshot(at path: String, checksum: String) throws(CollectionError) {}
  }

  /// These are `waitingMax`.
  @Test func asManyWaitAsMayAndNoMore() async throws {
    let barrier = Barrier()
    var options = DatabaseOptions()
    options.log = barrier
    try await withDatabase(options: options) { temporary in
      let (database, waiting) = (temporary.database, 16)
      let isRefused = { @Sendable in
        do throws(CollectionError) {
          try await database.recoverCollection(named: "c", from: "/nowhere")
        } catch {
          if case .overloaded = error { return true }
        }
        return false
      }
      let first = Task { await isRefused() }
      while barrier.arrived.wait(timeout: .now()) == .timedOut { await Task.yield() }
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0...waiting { group.addTask { await isRefused() } }
        // The others wait, so this is the one that found no place.
        #expect(await group.next() == true)
        for _ in 0...waiting { barrier.opened.signal() }
        var refused = 0
        for await isRefused in group where isRefused { refused += 1 }
        #expect(refused == 0)
      }
      #expect(await !first.value)
    }
  }
}
