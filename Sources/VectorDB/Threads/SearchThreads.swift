import Glibc
import Synchronization

/// Threads for searches and other blocking reads, or for the staging of changes, of which a fixed
/// number runs at once.
///
/// A call costs one hop to a thread and one back. Calls of one caller begin in the order in which
/// they came, those of several in turn; when there is no more place to wait, the caller with the
/// most calls that wait is refused. A call that takes longer than a slice gives its thread up when
/// another waits, and goes on when none waits or, where there always is one, in a slice from time
/// to time: a short call waits for no more than a slice or two, whatever else is asked for. Calls
/// that have given way keep a thread of their own that sleeps; so many may, and beyond that calls
/// wait to begin.
///
/// SAFETY (`@unchecked Sendable`): all variables are only touched between `pthread_mutex_lock` and
/// `pthread_mutex_unlock` of `mutex`; the mutex and the condition live at fixed addresses from
/// `init` to `deinit`.
final class SearchThreads: @unchecked Sendable {
  /// Set when what takes long is to end, whoever waits for it.
  let stopping = CancellationFlag()
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let runningMax: Int
  private let threadsMax: Int
  private let waitingMax: Int
  private var threads: [NativeThread] = []
  /// Calls that have not begun.
  private var waiting = FairLine<any SearchWork>()
  /// Calls that may begin, for threads that are idle or just woken.
  private var beginning = WaitingLine<any SearchWork>()
  /// Calls that have given way.
  private var paused = WaitingLine<SearchTurn>()
  /// Calls under way, by number, those that have given way included.
  private var begun: [ObjectIdentifier: any SearchWork] = [:]
  /// Calls that have a turn.
  private var running = 0
  private var idle = 0
  /// Threads to be woken once the lock is given up: one that is woken before that goes to sleep
  /// again at once, which costs more than a short call.
  private var wakes = 0
  /// From when on a call that has given way goes before one that waits.
  private var pausedDue: UInt64 = 0
  private var isClosed = false

  /// Nanoseconds after which a call gives way: many times what the change of threads costs, and
  /// less than anybody notices.
  static let slice: UInt64 = 4_000_000

  /// `nil` when not even one thread could be started.
  ///
  /// - Parameters:
  ///   - count: calls that run at once.
  ///   - pausedMax: calls that may have given way at a time.
  ///   - waitingMax: calls that may wait to begin.
  init?(count: Int, pausedMax: Int, waitingMax: Int) {
    runningMax = max(1, count)
    self.waitingMax = waitingMax
    threadsMax = runningMax + pausedMax
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    let isStarted = locked {
      for _ in 0..<runningMax { startThread() }
      return !threads.isEmpty
    }
    if !isStarted { return nil }
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` on one of the threads. When the calling task is cancelled this throws at once, and
  /// `body`, which is told through its argument, is left to end by itself.
  ///
  /// - Parameter isContinued: whether it belongs to a request that has been answered in part, which
  ///   is not refused any more, however many wait.
  func run<Value: Sendable>(
    isContinued: Bool = false,
    _ body: @escaping @Sendable (CancellationFlag) throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    let call = SearchCall(on: self, body)
    let result: Result<Value, CollectionError> = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        call.begin(continuation)
        push(call, isContinued)
      }
    } onCancel: {
      call.giveUp(.timedOut("the request was given up"))
    }
    return try result.get()
  }

  /// Whether a call runs, or waits to begin.
  var isBusy: Bool { locked { running > 0 || !waiting.isEmpty } }

  /// Has `work` done on one of the threads, however many wait.
  func begin(_ work: any SearchWork) { push(work, true) }

  /// Refuses calls that have not begun, has those under way end, and ends the threads. Blocking.
  func shutDown() {
    let (threads, works) = locked {
      isClosed = true
      defer { self.threads = [] }
      return (self.threads, waiting.removeAll() + beginning.elements + begun.values)
    }
    for work in works { work.giveUp(.shuttingDown) }
    pthread_cond_broadcast(condition)
    for thread in threads { thread.join() }
  }

  // MARK: Turns

  /// Takes the turn from a call whose slice is over if others wait.
  ///
  /// - Returns: whether it was taken: the call has to wait until it is resumed.
  func giveWay(_ turn: SearchTurn) -> Bool {
    locked {
      if waiting.isEmpty && paused.isEmpty { return false }
      paused.append(turn)
      running -= 1
      pausedDue = SearchTurn.now + Self.slice
      hand()
      return true
    }
  }

  private func push(_ work: any SearchWork, _ isContinued: Bool) {
    let caller = CallerID.current
    let refused: (work: any SearchWork, error: CollectionError)? = locked {
      if isClosed { return (work, .shuttingDown) }
      var refused: (any SearchWork)?
      if waiting.count >= waitingMax, running >= runningMax, !isContinued {
        refused = waiting.popNewest(inFavourOf: caller)
        if refused == nil { return (work, .overloaded(retryAfterSeconds: 1)) }
      }
      waiting.append(work, of: caller, mayLeave: !isContinued)
      hand()
      return refused.map { ($0, .overloaded(retryAfterSeconds: 1)) }
    }
    if let refused { refused.work.giveUp(refused.error) }
  }

  /// Hands free turns to calls that wait for one. With the lock held.
  private func hand() {
    while running < runningMax {
      if !paused.isEmpty, waiting.isEmpty || isClosed || SearchTurn.now >= pausedDue {
        resumePaused()
      } else if !waiting.isEmpty, hasThread() {
        guard let work = waiting.popFirst() else { return }
        beginning.append(work)
        running += 1
        wakes += 1
      } else if !paused.isEmpty {
        resumePaused()
      } else {
        return
      }
    }
  }

  private func resumePaused() {
    guard let turn = paused.popFirst() else { return }
    running += 1
    turn.resume()
  }

  /// Whether a thread is there for one more call, made if need be. With the lock held.
  private func hasThread() -> Bool {
    if beginning.count < idle { return true }
    return threads.count < threadsMax && startThread()
  }

  // MARK: Threads

  /// Adds a thread, which is idle. With the lock held.
  @discardableResult
  private func startThread() -> Bool {
    guard let thread = NativeThread({ [self] in work() }) else { return false }
    threads.append(thread)
    idle += 1
    return true
  }

  private func work() {
    var done: (any SearchWork)?
    while let work = next(after: done) {
      work.run()
      done = work
    }
  }

  /// The next call that may begin, waiting for one; `nil` at the end.
  ///
  /// - Parameter done: the one before, whose turn is over.
  private func next(after done: (any SearchWork)?) -> (any SearchWork)? {
    locked {
      if let done {
        begun[ObjectIdentifier(done)] = nil
        running -= 1
        idle += 1
        hand()
      }
      // Of the calls that may begin now this thread takes one itself.
      if wakes > 0 { wakes -= 1 }
      while beginning.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
      guard let work = beginning.popFirst() else { return nil }
      idle -= 1
      begun[ObjectIdentifier(work)] = work
      return work
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    let result = body()
    let woken = wakes
    wakes = 0
    pthread_mutex_unlock(mutex)
    for _ in 0..<woken { pthread_cond_signal(condition) }
    return result
  }
}
