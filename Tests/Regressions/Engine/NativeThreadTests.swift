import Foundation
import Synchronization
import Testing
import VectorDB

@Suite struct NativeThreadTests {
  /// A thread that was neither joined nor let go keeps its stack, 8 MiB of addresses, for ever.
  @Test func threadsThatNobodyJoinsLeaveNoStack() throws {
    let count = 600
    let before = try addressBytes()
    for _ in 0..<count {
      let ended = DispatchSemaphore(value: 0)
      #expect(NativeThread { ended.signal() } != nil)
      ended.wait()
    }
    #expect(try addressBytes() - before < count * (8 << 20) / 2)
  }

  /// Addresses that this process has in use.
  private func addressBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(
      separator: " ")
    let pages = try #require(fields.first.flatMap { Int($0) })
    return pages * 4096
  }
}
