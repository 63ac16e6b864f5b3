import CCurl
import Synchronization

/// What tasks ask of the client's thread. Tasks put requests and cancellations in and wake the
/// thread; the thread takes them out.
final class TransferQueue: Sendable {
  struct Order: Sendable {
    let id: UInt64
    let request: HTTPRequest
    var sink: HTTPClient.Sink?
    let continuation: CheckedContinuation<BufferedReceiver.Outcome, Never>
  }

  private struct State {
    var nextID: UInt64 = 0
    var orders: [Order] = []
    /// Requests that have begun and not ended.
    var live: Set<UInt64> = []
    /// The live requests whose task is cancelled.
    var cancelled: Set<UInt64> = []
    var isStopping = false
    /// Nil as soon as the thread is about to free it.
    var multi: UnsafeMutableRawPointer?

    func wake() {
      if let multi { curl_multi_wakeup(multi) }
    }
  }

  /// By what servers are known over TLS.
  let trust: HTTPTrust
  private let state = Mutex(State())

  init(trust: HTTPTrust) {
    self.trust = trust
  }

  /// Lets the tasks wake the thread. Called by the thread at its start.
  func attach(_ multi: UnsafeMutableRawPointer) {
    let address = UInt(bitPattern: multi)
    state.withLock { $0.multi = UnsafeMutableRawPointer(bitPattern: address) }
  }

  /// After this no task touches the multi handle any more.
  func detach() {
    state.withLock { $0.multi = nil }
  }

  func begin() -> UInt64 {
    state.withLock { state in
      state.nextID += 1
      state.live.insert(state.nextID)
      return state.nextID
    }
  }

  /// Queues an order, or ends it at once when its task is cancelled or the client shut down.
  func submit(_ order: Order) {
    let isTaken = state.withLock { state in
      if state.isStopping || state.cancelled.contains(order.id) {
        state.live.remove(order.id)
        state.cancelled.remove(order.id)
        return false
      }
      state.orders.append(order)
      state.wake()
      return true
    }
    if !isTaken { order.continuation.resume(returning: .failure(.cancelled)) }
  }

  func cancel(_ id: UInt64) {
    state.withLock { state in
      // The task may be cancelled before its order is queued, or after its transfer has ended.
      guard state.live.contains(id) else { return }
      state.cancelled.insert(id)
      state.wake()
    }
  }

  func finished(_ id: UInt64) {
    state.withLock { state in
      state.live.remove(id)
      state.cancelled.remove(id)
    }
  }

  func stop() {
    state.withLock { state in
      state.isStopping = true
      state.wake()
    }
  }

  /// New orders, the ids cancelled so far, and whether to stop.
  func take() -> (orders: [Order], cancelled: Set<UInt64>, isStopping: Bool) {
    state.withLock { state in
      let orders = state.orders
      state.orders = []
      return (orders, state.cancelled, state.isStopping)
    }
  }
}
