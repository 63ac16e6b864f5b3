import Glibc

/// A first-in, first-out queue that threads wait on.
///
/// SAFETY (`@unchecked Sendable`): `elements`, `head` and `isClosed` are only touched between
/// `pthread_mutex_lock` and `pthread_mutex_unlock` of `mutex`; the mutex and the condition live at
/// fixed addresses from `init` to `deinit`.
final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var elements: [Element] = []
  private var head = 0
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  var count: Int { locked { elements.count - head } }

  /// Appends an element; `false` when the queue is closed or holds `maximumCount` already.
  func push(_ element: Element, maximumCount: Int = .max) -> PushResult {
    let result: PushResult = locked {
      if isClosed { return .closed }
      if elements.count - head >= maximumCount { return .full }
      elements.append(element)
      return .accepted
    }
    if result == .accepted { pthread_cond_signal(condition) }
    return result
  }

  enum PushResult { case accepted, full, closed }

  /// Takes the oldest element, waiting for one; `nil` once the queue is closed and empty.
  func pop() -> Element? {
    locked {
      awaitElement()
      guard head < elements.count else { return nil }
      let element = elements[head]
      head += 1
      forgetTaken()
      return element
    }
  }

  /// Takes what waits, at most `maximumCount`, in order; waits for at least one element and
  /// returns none only once the queue is closed and empty.
  func popMany(maximumCount: Int) -> [Element] {
    locked {
      awaitElement()
      let end = min(elements.count, head + maximumCount)
      let taken = Array(elements[head..<end])
      head = end
      forgetTaken()
      return taken
    }
  }

  /// Refuses further elements; those that wait are still handed out.
  func close() {
    locked { isClosed = true }
    pthread_cond_broadcast(condition)
  }

  /// Waits until there is an element, or none will come.
  private func awaitElement() {
    while head == elements.count, !isClosed {
      pthread_cond_wait(condition, mutex)
    }
  }

  /// Lets go of elements that were taken, now and then.
  private func forgetTaken() {
    if head == elements.count {
      elements.removeAll(keepingCapacity: elements.capacity <= 1024)
      head = 0
    } else if head > 1024 {
      elements.removeFirst(head)
      head = 0
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
