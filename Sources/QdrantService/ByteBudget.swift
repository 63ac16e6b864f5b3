import Synchronization
import VectorDB

/// A shared allowance of bytes that request bodies take from as they arrive, and give back when
/// the request has been answered.
///
/// What has not arrived takes nothing. Small bodies have a part of their own and never wait.
/// Others that find no room wait for a bounded time, those that have taken little first and then
/// the oldest, so that some body always comes to its end: when all that is taken belongs to bodies
/// that wait, the youngest is refused. One that stops arriving while others wait is ended.
package final class ByteBudget: Sendable {
  /// Up to this many bytes a body is small.
  package static let smallBytesMax = 64 << 10
  /// Bodies that may wait for room; one more is refused at once.
  package static let waitersMax = 1024
  /// Bodies that have taken no more than this go before those that have.
  private static let mediumBytesMax = 1 << 20

  /// Bytes that all bodies together may hold.
  package let capacity: Int
  /// What small bodies may take together before they count as others do.
  private let smallCapacity: Int
  private let patience: Duration
  private let stallTolerance: Duration
  private let waitersMax: Int
  private let smallTaken = Atomic<Int>(0)
  private let state = Mutex(State())

  /// - Parameters:
  ///   - capacity: in bytes; a single body may pass it when nobody else holds anything.
  ///   - patience: how long a body waits for room.
  ///   - stallTolerance: how long a body may arrive no further while others wait.
  package init(
    capacity: Int, patience: Duration = .seconds(5), stallTolerance: Duration = .seconds(2),
    waitersMax: Int = ByteBudget.waitersMax
  ) {
    self.capacity = capacity
    smallCapacity = capacity / 4
    self.patience = patience
    self.stallTolerance = stallTolerance
    self.waitersMax = waitersMax
  }

  /// Bytes that bodies hold.
  package var taken: Int { state.withLock { $0.taken } + smallTaken.load(ordering: .relaxed) }

  /// Bodies that wait for room.
  package var waiting: Int { state.withLock { $0.waiting.count } }

  /// What one body takes; gives it back when it is released.
  ///
  /// Belongs to the task that reads the body.
  package final class Share {
    private let budget: ByteBudget
    private let call: ServiceCall?
    private let abort: @Sendable () -> Void
    private var small = 0
    private var id: UInt64?

    fileprivate init(
      _ budget: ByteBudget, for call: ServiceCall?, abort: @escaping @Sendable () -> Void
    ) {
      self.budget = budget
      self.call = call
      self.abort = abort
    }

    deinit {
      budget.smallTaken.subtract(small, ordering: .relaxed)
      if let id { budget.release(id) }
    }

    /// Takes room for bytes that have arrived; waits when there is none.
    ///
    /// - Throws: an error of the kind ``ServiceError/Kind/exhausted`` when there was no room in
    ///   time, and that of a caller who waits no longer.
    package func take(_ bytes: Int) async throws(ServiceError) {
      if takeAtOnce(bytes) { return }
      let id = self.id ?? budget.add(abort)
      self.id = id
      // A body that has grown stops being small.
      let moved = small
      guard await budget.take(bytes + moved, for: id, until: call?.deadline) else {
        if let call, call.isOver { throw call.late("Request body") }
        throw budget.refusal
      }
      budget.smallTaken.subtract(moved, ordering: .relaxed)
      small = 0
    }

    /// Takes room for bytes that have arrived, if the body is small and there is room for it.
    package func takeAtOnce(_ bytes: Int) -> Bool {
      guard id == nil, budget.takesSmall(small, and: bytes) else { return false }
      small += bytes
      return true
    }

    /// Takes room for bytes that have arrived, if there is room and nobody waits for it: what
    /// ``take(_:)`` would do without waiting. For bodies of any size.
    package func takeIfFree(_ bytes: Int) -> Bool {
      let id = self.id ?? budget.add(abort)
      self.id = id
      guard budget.takeIfFree(bytes + small, for: id) else { return false }
      budget.smallTaken.subtract(small, ordering: .relaxed)
      small = 0
      return true
    }

    /// Says that the body has arrived: from here on it does not stall.
    package func complete() {
      if let id { budget.complete(id) }
    }
  }

  /// The share of a body that begins to arrive.
  ///
  /// - Parameters:
  ///   - call: what the body belongs to, whose caller may not wait for as long as others do.
  ///   - abort: ends a body that stalls while others wait; called on any thread.
  package func share(
    for call: ServiceCall? = nil, abort: @escaping @Sendable () -> Void = {}
  ) -> Share {
    Share(self, for: call, abort: abort)
  }

  private var refusal: ServiceError {
    .engine(
      .rateLimited(
        "request bodies in flight exceed the limit (\(capacity) bytes)", retryAfterSeconds: 1))
  }

  private func takesSmall(_ taken: Int, and bytes: Int) -> Bool {
    guard taken + bytes <= Self.smallBytesMax else { return false }
    if smallTaken.add(bytes, ordering: .relaxed).newValue <= smallCapacity { return true }
    smallTaken.subtract(bytes, ordering: .relaxed)
    return false
  }
}

// MARK: Bodies that are not small

extension ByteBudget {
  private struct Body {
    let abort: @Sendable () -> Void
    var taken = 0
    var isComplete = false
    var lastArrival = ContinuousClock.now
    var wait: Wait?
  }

  private struct Wait {
    let bytes: Int
    let until: ContinuousClock.Instant
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var nextID: UInt64 = 0
    var taken = 0
    var bodies: [UInt64: Body] = [:]
    /// Those that wait, oldest first.
    var waiting: [UInt64] = []
    /// Which task looks at the waits next, and when.
    var watch: (number: UInt64, at: ContinuousClock.Instant)?
    var watchesBegun: UInt64 = 0
  }

  /// What is done outside of the lock.
  private enum Effect {
    case resume(CheckedContinuation<Bool, Never>, Bool)
    case abort(@Sendable () -> Void)
    case watch(UInt64)
  }

  private func add(_ abort: @escaping @Sendable () -> Void) -> UInt64 {
    state.withLock { state in
      state.nextID += 1
      state.bodies[state.nextID] = Body(abort: abort)
      return state.nextID
    }
  }

  private func complete(_ id: UInt64) {
    state.withLock { $0.bodies[id]?.isComplete = true }
  }

  private func release(_ id: UInt64) {
    perform(
      state.withLock { state in
        guard let body = state.bodies.removeValue(forKey: id) else { return [] }
        state.taken -= body.taken
        return settle(&state)
      })
  }

  private func takeIfFree(_ bytes: Int, for id: UInt64) -> Bool {
    state.withLock { state in
      guard state.waiting.isEmpty, state.taken + bytes <= capacity, state.bodies[id] != nil else {
        return false
      }
      state.bodies[id]?.taken += bytes
      state.bodies[id]?.lastArrival = .now
      state.taken += bytes
      return true
    }
  }

  /// - Parameter deadline: when the caller stops waiting, if that is before all others do.
  private func take(
    _ bytes: Int, for id: UInt64, until deadline: ContinuousClock.Instant?
  ) async -> Bool {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        perform(state.withLock { enter(&$0, bytes, id, deadline, continuation) })
      }
    } onCancel: {
      perform(
        state.withLock { state in
          let effects = refuse(&state, id)
          return effects + settle(&state)
        })
    }
  }

  private func enter(
    _ state: inout State, _ bytes: Int, _ id: UInt64, _ deadline: ContinuousClock.Instant?,
    _ continuation: CheckedContinuation<Bool, Never>
  ) -> [Effect] {
    guard !Task.isCancelled, state.bodies[id] != nil, state.waiting.count < waitersMax else {
      return [.resume(continuation, false)]
    }
    let now = ContinuousClock.now
    state.bodies[id]?.lastArrival = now
    state.bodies[id]?.wait = Wait(
      bytes: bytes, until: min(now + patience, deadline ?? now + patience),
      continuation: continuation)
    let place = state.waiting.firstIndex { $0 > id } ?? state.waiting.count
    state.waiting.insert(id, at: place)
    return settle(&state)
  }

  /// Grants what can be granted; while nobody can go on, refuses the youngest.
  private func settle(_ state: inout State) -> [Effect] {
    var effects = grantAll(&state)
    // Who looks already may do so too late for whom waits the shortest.
    if let next = nextExpiry(state), state.watch.map({ next < $0.at }) ?? true {
      state.watchesBegun += 1
      state.watch = (state.watchesBegun, next)
      effects.append(.watch(state.watchesBegun))
    }
    return effects
  }

  private func grantAll(_ state: inout State) -> [Effect] {
    var effects: [Effect] = []
    while !state.waiting.isEmpty {
      if let next = nextGranted(state) {
        effects += grant(&state, next)
      } else if state.bodies.values.allSatisfy({ $0.wait != nil || $0.taken == 0 }),
        let youngest = state.waiting.last(where: { state.bodies[$0]?.taken ?? 0 > 0 })
      {
        effects += refuse(&state, youngest)
      } else {
        break
      }
    }
    return effects
  }

  private func nextGranted(_ state: State) -> UInt64? {
    var oldest: UInt64?
    for id in state.waiting {
      guard let body = state.bodies[id], let wait = body.wait else { continue }
      let fits =
        state.taken + wait.bytes <= capacity || state.taken == body.taken
      if body.taken + wait.bytes <= Self.mediumBytesMax {
        if fits { return id }
      } else if oldest == nil {
        // None that is large overtakes the oldest that is.
        oldest = fits ? id : .max
      }
    }
    return oldest == .max ? nil : oldest
  }

  private func grant(_ state: inout State, _ id: UInt64) -> [Effect] {
    state.waiting.removeAll { $0 == id }
    guard let wait = state.bodies[id]?.wait else { return [] }
    state.bodies[id]?.wait = nil
    state.bodies[id]?.taken += wait.bytes
    state.bodies[id]?.lastArrival = .now
    state.taken += wait.bytes
    return [.resume(wait.continuation, true)]
  }

  /// What a refused body holds counts as given back: its task drops it at once.
  private func refuse(_ state: inout State, _ id: UInt64) -> [Effect] {
    guard let wait = state.bodies[id]?.wait else { return [] }
    state.waiting.removeAll { $0 == id }
    state.taken -= state.bodies.removeValue(forKey: id)?.taken ?? 0
    return [.resume(wait.continuation, false)]
  }

  private func perform(_ effects: [Effect]) {
    for effect in effects {
      switch effect {
      case .resume(let continuation, let isGranted): continuation.resume(returning: isGranted)
      case .abort(let abort): abort()
      case .watch(let number): Task { await watch(number) }
      }
    }
  }

  /// Ends the waits that are over and the bodies that stall, for as long as anybody waits and no
  /// other task looks earlier.
  private func watch(_ number: UInt64) async {
    while true {
      let (effects, next) = state.withLock { state -> ([Effect], ContinuousClock.Instant?) in
        guard state.watch?.number == number else { return ([], nil) }
        let effects = expire(&state) + grantAll(&state)
        let next = nextExpiry(state)
        state.watch = next.map { (number, $0) }
        return (effects, next)
      }
      perform(effects)
      guard let next else { return }
      try? await Task.sleep(until: max(next, .now + .milliseconds(10)))
    }
  }

  private func expire(_ state: inout State) -> [Effect] {
    let now = ContinuousClock.now
    var effects: [Effect] = []
    for id in state.waiting where state.bodies[id]?.wait.map({ $0.until <= now }) ?? false {
      effects += refuse(&state, id)
    }
    if state.waiting.isEmpty { return effects }
    let stalled = state.bodies.filter { isArriving($0.value) }
      .min { $0.value.lastArrival < $1.value.lastArrival }
    if let (id, body) = stalled, body.lastArrival + stallTolerance <= now {
      state.bodies[id] = nil
      state.taken -= body.taken
      effects.append(.abort(body.abort))
    }
    return effects
  }

  private func nextExpiry(_ state: State) -> ContinuousClock.Instant? {
    if state.waiting.isEmpty { return nil }
    let waits = state.waiting.compactMap { state.bodies[$0]?.wait?.until }
    let arrivals = state.bodies.values.filter(isArriving).map { $0.lastArrival + stallTolerance }
    return (waits + arrivals).min()
  }

  private func isArriving(_ body: Body) -> Bool {
    !body.isComplete && body.wait == nil && body.taken > 0
  }
}
