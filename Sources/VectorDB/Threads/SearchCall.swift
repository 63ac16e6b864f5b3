import Synchronization

/// Work for a search thread.
protocol SearchWork: AnyObject, Sendable {
  /// Does it, and answers its caller. Blocking; called once, on a search thread.
  func run()

  /// Answers the caller at once that nothing will come of it, and asks the work to end if it has
  /// begun. Any thread; of no effect once it was answered.
  func giveUp(_ error: CollectionError)
}

/// A call that runs on a search thread, and the task that waits for it.
final class SearchCall<Value: Sendable>: SearchWork {
  typealias Body = @Sendable (CancellationFlag) throws(CollectionError) -> Value
  typealias Caller = UnsafeContinuation<Result<Value, CollectionError>, Never>

  private struct State {
    /// What is to be done; let go of when it begins or is given up.
    var body: Body?
    var caller: Caller?
  }

  private let state: Mutex<State>
  private let turn: SearchTurn
  private let flag: CancellationFlag

  init(on threads: SearchThreads, _ body: @escaping Body) {
    turn = SearchTurn(on: threads)
    flag = CancellationFlag(or: threads.stopping, turn: turn)
    state = Mutex(State(body: body))
  }

  /// Sets who is to be answered.
  func begin(_ caller: Caller) {
    let isGivenUp = state.withLock { state in
      if state.body == nil { return true }
      state.caller = caller
      return false
    }
    if isGivenUp { caller.resume(returning: .failure(flag.failure)) }
  }

  func run() {
    let body = state.withLock { state in
      defer { state.body = nil }
      return state.body
    }
    guard let body else { return }
    turn.begin()
    do throws(CollectionError) {
      answer(.success(try body(flag)))
    } catch {
      answer(.failure(error))
    }
  }

  func giveUp(_ error: CollectionError) {
    flag.cancel()
    state.withLock { $0.body = nil }
    answer(.failure(error))
  }

  private func answer(_ result: Result<Value, CollectionError>) {
    let caller = state.withLock { state in
      defer { state.caller = nil }
      return state.caller
    }
    caller?.resume(returning: result)
  }
}
