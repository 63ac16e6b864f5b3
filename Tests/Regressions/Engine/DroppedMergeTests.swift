import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// What is due for a collection that is gone keeps no other from being served.
@Suite struct DroppedMergeTests {
  private let keyword = PayloadFieldSchema(type: .keyword)

  /// Segments of the dropped collection are large enough to be merged by the payload indexer, which
  /// is busy with another collection when they come and when they go.
  @Test(.timeLimit(.minutes(2))) func indexesAreBuiltAfterACollectionIsDropped() async throws {
    try await withDatabase { fixture in
      let database = fixture.database
      let words = (0..<200).map { "word\($0)" }.joined(separator: " ")
      let busy = try await fixture.create("busy", size: 1)
      let gone = try await fixture.create("gone", size: 1)
      let other = try await fixture.create("other", size: 1)
      try await fill(busy, 0..<30_000, #"{"k":"\#(words)"}"#)
      try await fill(other, 0..<100, #"{"k":"a","l":"b"}"#)
      _ = try await database.createPayloadIndex(of: "gone", at: path("k"), keyword)
      try await gone.awaitPayloadIndex(at: path("k"))

      _ = try await database.createPayloadIndex(
        of: "busy", at: path("k"), PayloadFieldSchema(type: .text))
      for round in 0..<3 {
        try await fill(gone, round * 5000..<(round + 1) * 5000, #"{"k":"a"}"#)
      }
      _ = try await database.deleteCollection(named: "gone")
      #expect(busy.info().payloadFields.map(\.isReady) == [false], "the indexer was not busy")

      // A round may serve this one before the one that is gone, the next round can't.
      for field in ["k", "l"] {
        _ = try await database.createPayloadIndex(of: "other", at: path(field), keyword)
        try await other.awaitPayloadIndex(at: path(field))
      }
      #expect(other.info().payloadFields.map(\.pointsCount) == [100, 100])
    }
  }

  private func path(_ key: String) -> PayloadPath { PayloadPath(steps: [.key(key)]) }

  private func fill(
    _ collection: PointCollection, _ ids: Range<Int>, _ json: String
  ) async throws {
    for start in stride(from: ids.lowerBound, to: ids.upperBound, by: 5000) {
      let points = (start..<min(start + 5000, ids.upperBound)).map { point(UInt64($0), [1], json) }
      _ = try await collection.apply([.upsert(points)])
    }
  }
}
