import Crypto
import DatabaseFixture
import Dispatch
import Foundation
import PointModel
import Synchronization
import VectorDB

/// Snapshots whose frames have the right checksums, whatever they hold.
extension FuzzTarget {
  /// Of a collection, and of a server; either is read as the other, too.
  static let snapshots = [
    snapshot("snapshot", of: { SnapshotOfThings.frames }),
    snapshot("snapshot/server", of: { SnapshotOfThings.serverFrames }),
  ]

  private static func snapshot(
    _ name: String, of frames: @escaping @Sendable () -> [SnapshotFrames.Frame]
  ) -> FuzzTarget {
    FuzzTarget(
      name: name,
      example: { source in
        var frames = frames()
        for _ in 0..<source.number(below: 3) { SnapshotFrames.alter(&frames, &source) }
        return SnapshotFrames.bytes(of: frames, format: source.chance(50) ? 2 : 1)
      },
      alter: { bytes, source in
        var frames = SnapshotFrames.frames(of: bytes)
        SnapshotFrames.alter(&frames, &source)
        bytes = SnapshotFrames.bytes(of: frames, format: source.chance(50) ? 2 : 1)
      },
      read: { bytes in
        let path = temporaryFile(Array(bytes))
        let folder = path + ".restored"
        defer {
          unlink(path)
          try? FileManager.default.removeItem(atPath: folder)
        }
        if (try? Database.restore(snapshot: path, into: folder)) != nil { return true }
        return SnapshotOfThings.recovers(from: path)
      })
  }
}

/// A snapshot's file: frames in a chain of checksums.
private enum SnapshotFrames {
  typealias Frame = (kind: UInt8, body: [UInt8])

  private static let magic = Array("QUIVSNAP".utf8)
  private static let digestBytes = 32

  static func bytes(of frames: [Frame], format: UInt32) -> [UInt8] {
    var bytes = magic
    withUnsafeBytes(of: format.bigEndian) { bytes += $0 }
    var digest = [UInt8](repeating: 0, count: digestBytes)
    for frame in frames {
      var header = [frame.kind]
      withUnsafeBytes(of: UInt32(frame.body.count).bigEndian) { header += $0 }
      digest = Array(SHA256.hash(data: digest + header + frame.body))
      bytes += header + frame.body + digest
    }
    return bytes
  }

  static func alter(_ frames: inout [Frame], _ source: inout FuzzSource) {
    guard let place = frames.indices.randomElement(using: &source) else { return }
    switch source.number(below: 6) {
    case 0: frames[place].kind = UInt8(source.number(below: 7))
    case 1: frames.swapAt(place, source.number(below: frames.count))
    default: source.mutate(&frames[place].body)
    }
  }

  /// The frames of a snapshot, as far as it goes.
  static func frames(of bytes: [UInt8]) -> [Frame] {
    var frames: [Frame] = []
    var rest = bytes.dropFirst(magic.count + 4)
    while rest.count > 5 {
      let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      frames.append((rest[rest.startIndex], Array(rest.dropFirst(5).prefix(length))))
      rest = rest.dropFirst(5 + length + digestBytes)
    }
    return frames
  }
}

/// A database with a few points, and what their snapshot holds. It stays open as long as the
/// process; the folder is in that of temporary files.
private enum SnapshotOfThings {
  private static let opened: (database: Database, path: String)? = {
    guard let temporary = try? TemporaryDatabase() else { return nil }
    return (temporary.database, temporary.path)
  }()

  static let serverFrames: [SnapshotFrames.Frame] = {
    guard let opened, !frames.isEmpty else { return [] }
    let bytes = waiting { [database = opened.database, path = opened.path] in
      let folder = SnapshotFolder(path: path + "/snapshots")
      let made = try await database.createFullSnapshot(in: folder)
      return Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/snapshots/\(made.name)")))
    }
    return bytes.map(SnapshotFrames.frames) ?? []
  }()

  static let frames: [SnapshotFrames.Frame] = {
    guard let opened else { return [] }
    let bytes = waiting { [database = opened.database, path = opened.path] in
      try await database.createCollection(
        named: "things",
        config: CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot))))
      let points = (1..<4).map { point($0, [1, Float($0)], #"{"a":[1,"x"]}"#) }
      _ = try await database.collection(named: "things").apply([.upsert(points)])
      let folder = SnapshotFolder(path: path + "/snapshots")
      let made = try await database.createSnapshot(of: "things", in: folder)
      return Array(
        try Data(contentsOf: URL(fileURLWithPath: "\(path)/snapshots/things/\(made.name)")))
    }
    return bytes.map(SnapshotFrames.frames) ?? []
  }()

  static func recovers(from path: String) -> Bool {
    guard let database = opened?.database else { return false }
    return waiting {
      try await database.recoverCollection(named: "copy", from: path)
      return try await database.deleteCollection(named: "copy")
    } ?? false
  }

  /// What the work returns; `nil` when it throws. Whoever waits has a thread of its own.
  private static func waiting<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) -> Value? {
    let value = Mutex<Value?>(nil)
    let end = DispatchSemaphore(value: 0)
    Task.detached {
      let made = try? await work()
      value.withLock { $0 = made }
      end.signal()
    }
    end.wait()
    return value.withLock { $0 }
  }
}
