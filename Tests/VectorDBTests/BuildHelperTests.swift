import Foundation
import Synchronization
import Testing
import VectorDB
import VectorIndex

/// The second thread of builds.
@Suite struct BuildHelperTests {
  /// Who did which parts of a loop, and whether somebody reads.
  private final class Account: Sendable {
    struct State {
      var isRead = false
      /// How often the helper was told that somebody reads.
      var told = 0
      var own = 0
      var helped = 0
      /// Parts of the builder's own that have begun.
      var steps = 0
      var sawPause = false
      var sawHelp = false
      var helpedBefore = 0
    }

    let state = Mutex(State())

    init(isRead: Bool = false) { state.withLock { $0.isRead = isRead } }

    func isDisturbing() -> Bool {
      state.withLock { state in
        if state.isRead { state.told += 1 }
        return state.isRead
      }
    }

    var now: State { state.withLock { $0 } }

    /// Waits for what another thread does soon.
    func wait(until isSo: (State) -> Bool) -> Bool {
      for _ in 0..<60_000 {
        if isSo(now) { return true }
        usleep(1000)
      }
      return false
    }
  }

  /// Counts the parts of a loop by who did them.
  private func run(
    _ count: Int, _ account: Account, _ helper: BuildHelper,
    _ atPart: @escaping @Sendable () -> Void = {}
  ) throws {
    let builder = UInt(pthread_self())
    let part: @Sendable (Int, () -> Bool) -> Bool = { _, shouldStop in
      if UInt(pthread_self()) == builder {
        account.state.withLock { $0.own += 1 }
        atPart()
      } else {
        account.state.withLock { $0.helped += 1 }
        usleep(100)
      }
      return !shouldStop()
    }
    try BuildLoop.run(count, with: helper, shouldContinue: { _ in true }, { part })
  }

  @Test func itPausesWhileSomebodyReads() throws {
    let account = Account(isRead: true)
    let helper = BuildHelper(isDisturbing: account.isDisturbing)
    defer { helper.stop() }
    try run(1_000, account, helper) {
      let step = account.state.withLock { state in
        state.steps += 1
        return state.steps
      }
      switch step {
      case 1:
        // It has come, and waits.
        let wasTold = account.wait { $0.told > 0 }
        account.state.withLock { state in
          state.sawPause = wasTold && state.helped == 0
          state.isRead = false
        }
      case 2:
        let sawHelp = account.wait { $0.helped > 3 }
        let told = account.state.withLock { state in
          state.sawHelp = sawHelp
          state.isRead = true
          return state.told
        }
        _ = account.wait { $0.told > told }
        account.state.withLock { $0.helpedBefore = $0.helped }
      default: break
      }
    }
    let end = account.now
    #expect(end.sawPause)
    #expect(end.sawHelp)
    #expect(end.helped == end.helpedBefore, "no part was done while somebody read")
    #expect(end.own + end.helped == 1_000)
  }

  @Test func aLoopEndsThoughSomebodyReadsOn() throws {
    let account = Account(isRead: true)
    let helper = BuildHelper(isDisturbing: account.isDisturbing)
    for _ in 0..<20 { try run(50, account, helper) }
    #expect(account.now.own == 1_000)
    helper.stop()
  }

  @Test func oneThatWasStoppedHelpsNobody() throws {
    let account = Account()
    let helper = BuildHelper(isDisturbing: account.isDisturbing)
    try run(50, account, helper)
    helper.stop()
    helper.stop()
    let helped = account.now.helped
    try run(50, account, helper)
    #expect(account.now.helped == helped)
    #expect(account.now.own + helped == 100)
  }

  @Test func aLoopThatBeginsAmidAnotherGoesWithoutIt() throws {
    let account = Account(isRead: true)
    let helper = BuildHelper(isDisturbing: account.isDisturbing)
    defer { helper.stop() }
    let inner = Account()
    try run(20, account, helper) { try? run(10, inner, helper) }
    #expect(inner.now.helped == 0)
    #expect(inner.now.own == 10 * account.now.own)
  }
}
