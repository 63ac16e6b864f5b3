import Synchronization

/// The requests to one collection, staged in the order they came.
///
/// A collection's requests are staged on top of its latest commit, so one group of them is on its
/// way at a time: what comes meanwhile gathers and becomes the next group. Collections do not wait
/// for one another. An update that is carried out in several commits takes turns with what else
/// waits; another one of its kind waits for its end, and is passed by what came later.
final class StagingQueue: Sendable {
  private let state = Mutex(State())

  private struct State {
    var waiting: [PointsRequest] = []
    var isBusy = false
    var update: LongUpdate?
    /// Whether the update is next, rather than what waits.
    var isUpdateNext = false
    /// Other such updates, which wait for this one.
    var blocked: [PointsRequest] = []
    /// How many of the next requests are staged one by one.
    var singleCount = 0
  }

  /// What is to be staged next.
  enum Work {
    case requests([PointsRequest])
    /// The next part of an update.
    case update(LongUpdate)
  }

  /// Adds a request; `true` when nothing of the collection is on its way, so that the caller must
  /// have it staged.
  func add(_ request: PointsRequest) -> Bool {
    state.withLock { state in
      state.waiting.append(request)
      defer { state.isBusy = true }
      return !state.isBusy
    }
  }

  /// Takes what is next, at most `maximumCount` requests.
  func take(maximumCount: Int) -> Work {
    state.withLock { state in
      if let update = state.update, state.isUpdateNext || state.waiting.isEmpty {
        state.update = nil
        state.isUpdateNext = false
        return .update(update)
      }
      if state.update == nil {
        state.waiting.insert(contentsOf: state.blocked, at: 0)
        state.blocked = []
      }
      state.isUpdateNext = true
      let isSingle = state.singleCount > 0
      if isSingle { state.singleCount -= 1 }
      let taken = Array(state.waiting.prefix(isSingle ? 1 : maximumCount))
      state.waiting.removeFirst(taken.count)
      return .requests(taken)
    }
  }

  /// Takes all there is, to be answered by the caller.
  func takeAll() -> [PointsRequest] {
    state.withLock { state in
      defer {
        state.waiting = []
        state.blocked = []
        state.update = nil
        state.singleCount = 0
      }
      return (state.update.map { [$0.request] } ?? []) + state.blocked + state.waiting
    }
  }

  /// Whether an update waits for its next turn.
  var hasUpdate: Bool { state.withLock { $0.update != nil } }

  /// Puts requests back that did not fit into a group, before those that came later.
  func putBack(_ requests: some Sequence<PointsRequest>) {
    state.withLock { $0.waiting.insert(contentsOf: Array(requests), at: 0) }
  }

  /// Puts an update back that has to wait for the end of another.
  func block(_ request: PointsRequest) {
    state.withLock { $0.blocked.append(request) }
  }

  /// Puts requests back that are refused together, so that each is staged by itself.
  func putBackSingly(_ requests: [PointsRequest]) {
    state.withLock { state in
      state.waiting.insert(contentsOf: requests, at: 0)
      state.singleCount = requests.count
    }
  }

  /// Puts back what is left of an update.
  func putBack(_ update: LongUpdate) {
    state.withLock { $0.update = update }
  }

  /// Ends a group; `true` when more waits, so that the caller must have it staged.
  func finish() -> Bool {
    state.withLock { state in
      state.isBusy = !state.waiting.isEmpty || !state.blocked.isEmpty || state.update != nil
      return state.isBusy
    }
  }
}
