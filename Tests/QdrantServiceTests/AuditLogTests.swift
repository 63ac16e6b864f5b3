import DatabaseFixture
import Foundation
import QdrantService
import Synchronization
import Testing
import VectorDB

/// An audit log on a disk that takes nothing: its file is a pipe that nobody empties.
@Suite struct AuditLogTests {
  /// Bytes of a line, so that few of them are many.
  private static let lineBytes = 64 << 10

  @Test func linesThatFindNoPlaceAreToldAndHoldNobodyUp() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let day = Date.now.formatted(.iso8601.year().month().day().dateSeparator(.dash))
    let path = folder.appending(path: "audit.\(day).log").path
    #expect(mkfifo(path, 0o600) == 0)
    let pipe = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(pipe) }

    try await fill(folder)
    // The thread ends when all that it was given has been taken.
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var taken = 0
    while true {
      let count = read(pipe, &bytes, bytes.count)
      if count == 0 { break }
      if count > 0 { taken += count } else { await Task.yield() }
    }
    #expect(taken > 0 && taken % Self.lineBytes == 0)
  }

  /// Has callers turned away, until their lines find no place beside `AuditWriter.bytesMax` of
  /// others, and leaves the log.
  private func fill(_ folder: URL) async throws {
    let failures = Mutex<[String]>([])
    let form = AuditLog.Form(
      encode: { _ in [UInt8](repeating: 0x78, count: Self.lineBytes - 1) }, decode: { _ in nil })
    let log = try AuditLog(.init(folder: folder.path), form: form) { reason in
      failures.withLock { $0.append(reason) }
    }
    let api = QdrantService(
      state: ServerState(bodyBytesMax: 1 << 20),
      snapshotFolder: SnapshotFolder(path: folder.appending(path: "snapshots").path),
      keys: AccessKeys(full: "abc", readOnly: ""), audit: log, logger: TemporaryDatabase.logger)
    // Nobody who is turned away waits for the disk. A part of the lines may be on their way to it.
    let most = (8 << 20) / Self.lineBytes
    for count in 1...3 * most {
      #expect(throws: ServiceError.self) {
        try api.caller(bringing: "x", from: .init(remote: nil, tracingID: nil, api: nil))
      }
      if count == most { #expect(failures.withLock { $0 }.isEmpty) }
    }
    #expect(failures.withLock { $0 } == ["8388608 bytes wait for the disk"])
    // Whoever waits for a line that was lost goes on at once.
    let receipt = api.makeReceipt()
    _ = try? api.caller(
      bringing: "x", from: .init(remote: nil, tracingID: nil, api: nil, receipt: receipt))
    await api.settle(receipt)
  }
}
