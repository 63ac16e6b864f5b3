import Replication
import Testing

/// Reads that wait for the log.
@Suite struct SegmentWaitersTests {
  @Test func asManyWaitAsMayAndNoMore() async {
    let waiters = SegmentWaiters()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0...SegmentWaiters.waitingMax { group.addTask { await waiters.wait(for: 7) } }
      // All others wait, so this is the one that found no place.
      #expect(await group.next() == false)
      waiters.reached(7)
      var seen = 0
      for await isThere in group where isThere { seen += 1 }
      #expect(seen == SegmentWaiters.waitingMax)
    }
    #expect(await waiters.wait(for: 7), "places are given back")
    waiters.end()
    #expect(await !waiters.wait(for: 8))
  }
}
