import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// A point whose score equals the threshold does not pass: better is needed.
@Suite struct ThresholdTests {
  @Test(arguments: [Distance.cosine, .dot, .euclid, .manhattan])
  func aScoreThatEqualsTheThresholdDoesNotPass(distance: Distance) async throws {
    try await withDatabase { fixture in
      let collection = try await fixture.create(size: 2, distance: distance)
      _ = try await collection.apply([
        .upsert([point(1, [1, 0]), point(2, [0.5, 0]), point(3, [3, 0])])
      ])
      let isSimilarity = distance == .cosine || distance == .dot
      let request = QueryRequest(
        query: .nearest(.dense(isSimilarity ? [1, 0] : [0, 0])), scoreThreshold: 1)
      let found = try await collection.query([request])[0].map(\.record.id)
      let expected: [PointID] =
        switch distance {
        case .cosine: []
        case .dot: [.number(3)]
        case .euclid, .manhattan: [.number(2)]
        }
      #expect(found == expected)
    }
  }
}
