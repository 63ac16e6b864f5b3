import Synchronization

/// The requests to one collection, staged in the order they came.
///
/// A collection's requests are staged on top of its latest commit, so one group of them is on its
/// way at a time: what comes meanwhile gathers and becomes the next group. Collections do not wait
/// for one another: a slow delete by filter holds up its own collection only.
final class StagingQueue: Sendable {
  private let state = Mutex(State())

  private struct State {
    var waiting: [PointsRequest] = []
    var isBusy = false
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

  /// Takes what waits, at most `maximumCount` requests.
  func take(maximumCount: Int) -> [PointsRequest] {
    state.withLock { state in
      let taken = Array(state.waiting.prefix(maximumCount))
      state.waiting.removeFirst(taken.count)
      return taken
    }
  }

  /// Puts requests back that did not fit into a group, before those that came later.
  func putBack(_ requests: ArraySlice<PointsRequest>) {
    state.withLock { $0.waiting.insert(contentsOf: requests, at: 0) }
  }

  /// Ends a group; `true` when more waits, so that the caller must have it staged.
  func finish() -> Bool {
    state.withLock { state in
      state.isBusy = !state.waiting.isEmpty
      return state.isBusy
    }
  }
}

/// The threads that stage requests: they read what operations depend on and leave the committer
/// only the writing.
final class StagingThreads: Sendable {
  private let core: DatabaseCore
  private let threads: [NativeThread]

  /// `nil` when not even one thread could be started.
  init?(count: Int, core: DatabaseCore) {
    self.core = core
    threads = (0..<max(1, count)).compactMap { _ in
      NativeThread {
        while let collection = core.stagingQueue.pop() { Self.stage(collection, core) }
      }
    }
    if threads.isEmpty { return nil }
  }

  /// Waits until the threads have ended, which they do once the queue is closed. Blocking.
  func join() {
    for thread in threads { thread.join() }
  }

  private static func stage(_ collection: PointCollection, _ core: DatabaseCore) {
    let limits = core.options.limits
    let requests = collection.requests.take(maximumCount: limits.groupOperationsMax)
    if let successor = collection.successor {
      successor.enqueue(requests)
      core.finishGroup(of: collection)
      return
    }
    var changes = StagedChanges(collection)
    for (index, request) in requests.enumerated() {
      changes.add(request)
      if changes.bytes >= limits.groupBytesMax {
        collection.requests.putBack(requests[(index + 1)...])
        break
      }
    }
    if changes.requestCount == 0 {
      core.finishGroup(of: collection)
    } else if core.commitQueue.push(.changes(changes)) != .accepted {
      changes.answer(.shuttingDown)
      core.finishGroup(of: collection)
    }
  }
}
