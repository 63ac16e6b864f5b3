import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Requests, answers and writes share one budget of memory.
@Suite struct MemoryLeaseTests {
  private static let megabyte = 1 << 20

  private func options(_ room: RoomLimits) -> DatabaseOptions {
    DatabaseOptions(limits: Limits(room: room))
  }

  private func refusal(
    _ body: () throws(CollectionError) -> Void
  ) -> CollectionError? {
    do throws(CollectionError) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  @Test func aLeaseHoldsUntilItIsReleasedOrGone() async throws {
    let room = RoomLimits(transientBytes: 8 * Self.megabyte)
    try await withDatabase(options: options(room)) { temporary in
      let database = temporary.database
      let half = try database.lease(4 * Self.megabyte, for: .answer)
      try half.grow(by: 2 * Self.megabyte)
      #expect(half.bytes == 6 * Self.megabyte)
      #expect(database.memory().requests == 6 * Self.megabyte)
      let tooMuch = refusal { () throws(CollectionError) in
        try half.grow(by: 3 * Self.megabyte)
      }
      guard case .rateLimited(let reason, 1?)? = tooMuch else {
        Issue.record("\(String(describing: tooMuch))")
        return
      }
      #expect(reason.contains("6.0 MB") && reason.contains("8.0 MB"), "\(reason)")
      // What was held before is still held.
      #expect(half.bytes == 6 * Self.megabyte)
      half.shrink(by: 5 * Self.megabyte)
      do {
        let other = try database.lease(7 * Self.megabyte, for: .request)
        #expect(other.bytes == 7 * Self.megabyte)
      }
      half.release()
      half.release()
      try half.grow(by: 100 * Self.megabyte)
      #expect(half.bytes == 0)
      #expect(database.memory().requests == 0)
      let all = try database.lease(8 * Self.megabyte, for: .request)
      #expect(all.bytes == 8 * Self.megabyte)
    }
  }

  @Test func whatNeverFitsIsOutOfSpaceAndSmallReadsAlwaysFit() async throws {
    let room = RoomLimits(transientBytes: 8 * Self.megabyte)
    try await withDatabase(options: options(room)) { temporary in
      let error = refusal { () throws(CollectionError) in
        _ = try temporary.database.lease(9 * Self.megabyte, for: .answer)
      }
      guard case .outOfSpace(let reason)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("this answer needs about 9.0 MB"), "\(reason)")
      let all = try temporary.database.lease(8 * Self.megabyte, for: .answer)
      let small = try temporary.database.lease(64 << 10, for: .answer)
      #expect(all.bytes + small.bytes > 8 * Self.megabyte)
    }
  }

  @Test func answersHaveAShareOfAFullLimit() async throws {
    let room = RoomLimits(memoryBytes: 60 * Self.megabyte)
    try await withDatabase(options: options(room)) { temporary in
      // The process alone takes nearly all of the limit.
      let lease = try temporary.database.lease(64 * Self.megabyte, for: .answer)
      let error = refusal { () throws(CollectionError) in
        _ = try temporary.database.lease(Self.megabyte, for: .answer)
      }
      guard case .rateLimited? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      // Answers take of the same budget as writes.
      let things = try await temporary.create()
      do throws(CollectionError) {
        _ = try await things.apply([.upsert([point(1, [1, 2, 3, 4])])])
        Issue.record("the write was taken")
      } catch {
        guard case .outOfSpace(let reason) = error else { throw error }
        #expect(reason.contains("storage.limits.memory_mb"), "\(reason)")
      }
      lease.release()
      _ = try await things.apply([.upsert([point(1, [1, 2, 3, 4])])])
    }
  }

  @Test func rowsOfPayloadIndexesAreAdmittedWithTheirPayloads() async throws {
    let room = RoomLimits(memoryBytes: 60 * Self.megabyte)
    try await withDatabase(options: options(room)) { temporary in
      let things = try await temporary.create()
      let text = String(repeating: "x", count: 5 * Self.megabyte)
      let write = PointModel.Operation.upsert([point(1, [1, 2, 3, 4], #"{"t":"\#(text)"}"#)])
      let path = try #require(PayloadPath("t"))
      _ = try await temporary.database.createPayloadIndex(
        of: "things", at: path, PayloadFieldSchema(type: .keyword))
      do throws(CollectionError) {
        _ = try await things.apply([write])
        Issue.record("the write was taken")
      } catch {
        guard case .outOfSpace = error else { throw error }
      }
      _ = try await temporary.database.deletePayloadIndex(of: "things", at: path)
      _ = try await things.apply([write])
    }
  }

  /// All beginnings of long words take many times what the words do.
  @Test func whatATextComesToInAnIndexIsAdmitted() async throws {
    let room = RoomLimits(memoryBytes: 100 * Self.megabyte)
    try await withDatabase(options: options(room)) { temporary in
      let things = try await temporary.create()
      let path = try #require(PayloadPath("t"))
      _ = try await temporary.database.createPayloadIndex(
        of: "things", at: path,
        PayloadFieldSchema(.text(TextIndexParams(tokenizer: .prefix))))
      try await things.awaitPayloadIndex(at: path)
      let words = (0..<6000).map { "\($0 * 7919 % 6000)" + String(repeating: "x", count: 120) }
      let text = words.joined(separator: " ")
      do throws(CollectionError) {
        _ = try await things.apply([
          .upsert([point(1, [1, 2, 3, 4], #"{"t":"\#(text)"}"#)])
        ])
        Issue.record("the write was taken")
      } catch {
        guard case .outOfSpace = error else { throw error }
      }
      #expect(try await things.count(nil) == 0)
      // Nothing is held of it, and others are not refused with it.
      let short = words.prefix(20).joined(separator: " ")
      await withTaskGroup(of: Bool.self) { group in
        for id in UInt64(0)..<20 {
          let payload = #"{"t":"\#(id % 5 == 0 ? text : short)"}"#
          group.addTask {
            let isTaken =
              (try? await things.apply([.upsert([point(id, [1, 2, 3, 4], payload)])])) != nil
            return isTaken == (id % 5 != 0)
          }
        }
        for await isAsExpected in group { #expect(isAsExpected) }
      }
      #expect(try await things.count(nil) == 16)
    }
  }
}
