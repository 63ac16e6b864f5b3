import SeededRandom
import Testing
import VectorIndex

@Suite struct TopKTests {
  @Test func keepsTheBestInAnyOrderOfOffers() {
    var random = SeededGenerator(seed: 31)
    for capacity in [0, 1, 2, 7, 100, 500] {
      let all = (0..<300).map { offset in
        Neighbor(offset: UInt32(offset), score: Float(Int.random(in: 0..<20, using: &random)))
      }
      let expected = Array(all.sorted { $0.ranks(before: $1) }.prefix(capacity))
      for _ in 0..<3 {
        var top = TopK(capacity: capacity)
        for neighbor in all.shuffled(using: &random) {
          top.offer(offset: neighbor.offset, score: neighbor.score)
        }
        #expect(top.sorted() == expected)
        #expect(top.count == expected.count)
      }
    }
  }

  @Test func equalScoresKeepTheLowerOffset() {
    var top = TopK(capacity: 2)
    for offset: UInt32 in [5, 3, 9, 1] {
      top.offer(offset: offset, score: 1)
    }
    #expect(top.sorted().map(\.offset) == [1, 3])
  }

  @Test func theThresholdIsTheWorstScoreOnceFull() {
    var top = TopK(capacity: 2)
    #expect(top.threshold == -.infinity)
    top.offer(offset: 0, score: 5)
    #expect(top.threshold == -.infinity)
    top.offer(offset: 1, score: 3)
    #expect(top.threshold == 3)
    top.offer(offset: 2, score: 4)
    #expect(top.threshold == 4)
    #expect(TopK(capacity: 0).threshold == .infinity)
  }

  @Test func aHugeCapacityReservesNothing() {
    var top = TopK(capacity: Int.max)
    top.offer(offset: 1, score: 1)
    #expect(top.sorted() == [Neighbor(offset: 1, score: 1)])
  }
}
