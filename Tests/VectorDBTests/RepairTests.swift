import DatabaseFixture
import Foundation
import PointModel
import Testing
import VectorDB

/// What a repair saves, and that it tells what it could not save.
@Suite struct RepairTests {
  private static let size = 32
  private static let count = 2000

  private func vector(_ id: Int) -> [Float] {
    (0..<Self.size).map { Float(id) + Float($0) / 64 }
  }

  private func filled(_ ids: Range<Int>) -> PointModel.Operation {
    .upsert(
      ids.map {
        point(UInt64($0), vector($0), #"{"n":\#($0),"text":"some words of payload \#($0)"}"#)
      })
  }

  /// What a kill leaves: half in tables, half in the log; two collections.
  private func killed() async throws -> String {
    let temporary = try TemporaryDatabase()
    let things = try await temporary.create("things", size: Self.size, distance: .euclid)
    for start in stride(from: 0, to: Self.count / 2, by: 100) {
      _ = try await things.apply([filled(start..<start + 100)])
    }
    try await temporary.create("others", size: 2)
    try await temporary.restart()
    let again = try temporary.database.collection(named: "things")
    for start in stride(from: Self.count / 2, to: Self.count, by: 100) {
      _ = try await again.apply([filled(start..<start + 100)])
    }
    let others = try temporary.database.collection(named: "others")
    _ = try await others.apply([.upsert([point(1, [1, 2]), point(2, [3, 4])])])
    _ = try await others.apply([.delete(.ids([.number(2)]))])
    let copy = temporary.path + "-killed"
    try await copyWhileOpen(temporary.path, to: copy)
    await temporary.remove()
    return copy
  }

  /// Copies a directory as it is at one moment: again, if the store wrote or removed files.
  private func copyWhileOpen(_ path: String, to copy: String) async throws {
    let isCopied = try await eventually {
      try? FileManager.default.removeItem(atPath: copy)
      let before = try self.sizes(path)
      do {
        try FileManager.default.copyItem(atPath: path, toPath: copy)
      } catch CocoaError.fileNoSuchFile, CocoaError.fileReadNoSuchFile {
        return false
      }
      return try self.sizes(path) == before && self.sizes(copy) == before
    }
    #expect(isCopied)
  }

  private func sizes(_ path: String) throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for name in try names(path) where !name.hasPrefix("LOG") {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
      sizes[name] = attributes?[.size] as? Int ?? -1
    }
    return sizes
  }

  private func files(_ path: String, _ suffix: String) throws -> [URL] {
    try names(path).filter { $0.hasSuffix(suffix) }.map { URL(filePath: path).appending(path: $0) }
  }

  private func manifests(_ path: String) throws -> [URL] {
    try names(path).filter { $0.hasPrefix("MANIFEST-") }
      .map { URL(filePath: path).appending(path: $0) }
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func largest(_ files: [URL]) throws -> URL {
    try #require(try files.max { try Data(contentsOf: $0).count < Data(contentsOf: $1).count })
  }

  private func change(_ file: URL, _ edit: (inout Data) -> Void) throws {
    var bytes = try Data(contentsOf: file)
    edit(&bytes)
    try bytes.write(to: file)
  }

  /// Repairs, opens and checks that every point is one that was written; how many there are.
  private func repaired(
    _ path: String, endIsLost: Bool = false, vectorsAreLost: Bool = false
  ) async throws -> (report: RepairReport, things: Int) {
    let report = try Database.repair(at: path)
    #expect(report.collections.map(\.name).sorted() == ["others", "things"], "\(report)")
    let database = try Database.open(at: path, logger: TemporaryDatabase.logger)
    let things = try database.collection(named: "things")
    #expect(things.info().damage == nil)
    let records = try await things.scroll(
      ScrollRequest(limit: 10_000, withPayload: .all, withVector: .all)
    ).records
    for record in records {
      guard case .number(let id) = record.id else { continue }
      if let values = record.vectors?.first?.values {
        #expect(values == vector(Int(id)))
      } else {
        #expect(vectorsAreLost, "point \(id)")
      }
      #expect(text(record.payload)?.hasPrefix(#"{"n":\#(id),"#) == true)
    }
    let saved = try #require(report.collections.first { $0.name == "things" })
    #expect(saved.kept == records.count)
    #expect(Set(saved.lost).isDisjoint(with: records.map(\.id)))
    let others = try database.collection(named: "others")
    #expect(try await others.retrieve([.number(1)]).count == (endIsLost ? 0 : 1))
    // It works on as if nothing had been.
    _ = try await things.apply([filled(5000..<5010)])
    #expect(try await things.count(nil) == records.count + 10)
    await database.close()
    let again = try Database.open(at: path, logger: TemporaryDatabase.logger)
    #expect(try await again.collection(named: "things").count(nil) == records.count + 10)
    await again.close()
    #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) }
    return (report, records.count)
  }

  private func expectRefusal(_ path: String) {
    #expect {
      _ = try Database.open(at: path, logger: TemporaryDatabase.logger)
    } throws: { error in
      if case DatabaseError.damaged = error { true } else { false }
    }
  }

  @Test func wholeStoresStayWhole() async throws {
    let (report, count) = try await repaired(try await killed())
    #expect(report.isWhole, "\(report)")
    #expect(count == Self.count)
  }

  @Test func aDamagedLogLosesWhatIsDamagedOnly() async throws {
    let path = try await killed()
    try change(largest(files(path, ".log"))) { $0[$0.count / 2] ^= 1 }
    expectRefusal(path)
    let (report, count) = try await repaired(path)
    #expect(!report.isWhole)
    #expect(count >= Self.count - 200 && count < Self.count, "\(report)")
    #expect("\(report)".contains("changes in the log that are lost"))
  }

  @Test func aLogThatEndsEarlyIsReported() async throws {
    let path = try await killed()
    try change(largest(files(path, ".log"))) { $0.removeLast($0.count / 3) }
    expectRefusal(path)
    let (report, count) = try await repaired(path, endIsLost: true)
    #expect(!report.isWhole && count > Self.count / 2 && count < Self.count, "\(report)")
  }

  @Test(arguments: ["missing", "torn", "garbage"]) func aDamagedManifest(kind: String) async throws
  {
    let path = try await killed()
    for manifest in try manifests(path) {
      switch kind {
      case "missing": try FileManager.default.removeItem(at: manifest)
      case "torn":
        // Half of it: its last records may have come after the length that is known to be there.
        try change(manifest) { $0.removeLast($0.count / 2) }
      default:
        try change(manifest) { $0.replaceSubrange(50..<90, with: Data(repeating: 7, count: 40)) }
      }
    }
    expectRefusal(path)
    let (report, count) = try await repaired(path)
    #expect(count == Self.count, "\(report)")
    #expect("\(report)".contains("the manifest could not be used"))
  }

  /// It may name none of the families, some, or all, and know of some tables.
  @Test func aManifestThatIsCutAnywhereLosesNothing() async throws {
    let path = try await killed()
    for eighths in 1..<8 {
      let copy = "\(path)-\(eighths)"
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      for manifest in try manifests(copy) {
        try change(manifest) { $0 = $0.prefix($0.count * eighths / 8) }
      }
      let (report, count) = try await repaired(copy)
      #expect(count == Self.count, "\(eighths): \(report)")
    }
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func aMissingTableIsReported() async throws {
    let path = try await killed()
    let tables = try files(path, ".sst").filter {
      try Data(contentsOf: $0).range(of: vector(10).withUnsafeBytes { Data($0) }) != nil
    }
    for table in tables { try FileManager.default.removeItem(at: table) }
    #expect(!tables.isEmpty)
    expectRefusal(path)
    let (report, count) = try await repaired(path, vectorsAreLost: true)
    // Only their vectors were in it.
    #expect(count == Self.count && !report.isWhole, "\(report)")
    #expect(report.collections.map(\.withoutVectors).max() ?? 0 >= Self.count / 2, "\(report)")
    #expect("\(report)".contains("the manifest could not be used"))
  }

  @Test func aDamagedTableLosesItsBlockOnly() async throws {
    let path = try await killed()
    let pattern = vector(500).withUnsafeBytes { Data($0) }
    var isDone = false
    for table in try files(path, ".sst") where !isDone {
      guard let range = try Data(contentsOf: table).range(of: pattern) else { continue }
      try change(table) { $0[range.lowerBound] ^= 1 }
      isDone = true
    }
    #expect(isDone)
    let (report, count) = try await repaired(path)
    let things = try #require(report.collections.first { $0.name == "things" })
    #expect(things.lost.contains(.number(500)))
    // A block of vectors has 64 KiB, of 142 bytes each.
    #expect(things.lost.count <= 520 && count == Self.count - things.lost.count, "\(report)")
    #expect(!things.mayHaveLostMore)
  }

  @Test func nothingToSaveIsSaid() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "quiver-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect {
      _ = try Database.repair(at: path)
    } throws: { error in
      if case DatabaseError.damaged = error { true } else { false }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["LOCK"])
  }

  /// Where a repair is cut off after its files were complete.
  enum Cut: CaseIterable {
    case nothingMoved, halfAway, allAway, halfUp, currentUp
  }

  @Test(arguments: Cut.allCases) func anInterruptedSwapIsFinished(_ cut: Cut) async throws {
    let path = try await killed()
    try change(largest(files(path, ".log"))) { $0[$0.count / 2] ^= 1 }
    let other = path + "-other"
    let manager = FileManager.default
    try manager.copyItem(atPath: path, toPath: other)
    let expected = try #require(
      try Database.repair(at: other).collections.first { $0.name == "things" }
    ).kept
    // What the repair would have left: its files aside, and some of its moves done.
    let aside = path + "/.repair/repaired"
    let damaged = path + "/damaged-before"
    try manager.createDirectory(atPath: aside, withIntermediateDirectories: true)
    try manager.createDirectory(atPath: damaged, withIntermediateDirectories: true)
    try Data("damaged-before".utf8).write(to: URL(filePath: path + "/.repair/COMPLETE"))
    let old = try names(path).filter {
      !$0.hasPrefix("damaged-") && $0 != ".repair" && $0 != "LOCK"
    }
    for name in try names(other) where !name.hasPrefix("damaged-") && name != "LOCK" {
      try manager.moveItem(atPath: other + "/" + name, toPath: aside + "/" + name)
    }
    try manager.removeItem(atPath: other)
    let away = cut == .nothingMoved ? [] : cut == .halfAway ? Array(old.prefix(old.count / 2)) : old
    for name in away {
      try manager.moveItem(atPath: path + "/" + name, toPath: damaged + "/" + name)
    }
    if cut == .halfUp || cut == .currentUp {
      try Data().write(to: URL(filePath: path + "/.repair/MOVED"))
      let new = try names(aside).filter { $0 != "CURRENT" }
      let up = cut == .halfUp ? Array(new.prefix(new.count / 2)) : new + ["CURRENT"]
      for name in up { try manager.moveItem(atPath: aside + "/" + name, toPath: path + "/" + name) }
    }
    expectRefusal(path)
    let report = try Database.repair(at: path)
    #expect(report.isContinuation)
    #expect(try !names(path).contains(".repair"))
    #expect(try names(damaged).contains("CURRENT"))
    let database = try Database.open(at: path, logger: TemporaryDatabase.logger)
    #expect(try await database.collection(named: "things").count(nil) == expected)
    await database.close()
    try manager.removeItem(atPath: path)
  }
}
