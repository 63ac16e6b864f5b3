/// The threads that stage requests: they read what operations depend on, and plan what is written,
/// so that the committer has only the writing left.
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

  /// Plans the next group of `collection` and hands it to the committer.
  private static func stage(_ collection: PointCollection, _ core: DatabaseCore) {
    if let successor = collection.successor {
      successor.enqueue(collection.requests.takeAll())
      return core.finishGroup(of: collection)
    }
    collection.payloadIndexes.mergeSmall { try? collection.beginRead().visibility }
    let plan: PlannedWrite?
    switch collection.requests.take(maximumCount: core.options.limits.groupOperationsMax) {
    case .requests(let requests): plan = self.plan(requests, of: collection)
    case .update(let update): plan = self.plan(update, of: collection)
    }
    guard let plan else { return core.finishGroup(of: collection) }
    if core.commitQueue.push(.points(plan)) != .accepted {
      plan.finish(.shuttingDown)
    }
  }

  /// Plans as many of `requests` as fit into a group, and puts back the others. A request that
  /// can't be applied is refused alone, and answered at once.
  private static func plan(
    _ requests: [PointsRequest], of collection: PointCollection
  ) -> PlannedWrite? {
    if requests.isEmpty { return nil }
    var planner: WritePlanner
    do throws(CollectionError) {
      planner = try WritePlanner(collection)
    } catch {
      for request in requests { request.completion(.failure(error)) }
      return nil
    }
    for (index, request) in requests.enumerated() {
      if request.change.isLogged != requests[0].change.isLogged {
        // What callers ask for and what a log says are never of one commit.
        collection.requests.putBack(requests[index...])
        break
      }
      request.trace.map { trace in _ = trace.place.record("wait", from: trace.queuedAt) }
      let isAdded = (request.trace?.place).stage("stage") { planner.add(request) }
      if isAdded {
        if planner.isFull {
          collection.requests.putBack(requests[(index + 1)...])
          break
        }
        continue
      }
      // It is too large for a group: it is begun with by itself.
      if planner.isEmpty, !collection.requests.hasUpdate {
        collection.requests.putBack(requests[(index + 1)...])
        do throws(CollectionError) {
          return plan(try planner.begin(request), of: collection)
        } catch {
          request.completion(.failure(error))
          return nil
        }
      }
      collection.requests.putBack(
        requests[index...], blocked: collection.requests.hasUpdate)
      break
    }
    return planner.finish()
  }

  /// Plans the next part of an update.
  private static func plan(
    _ update: LongUpdate, of collection: PointCollection
  ) -> PlannedWrite? {
    do throws(CollectionError) {
      if update.request.flag.isCancelled { throw .timedOut("the update was given up") }
      return try WritePlanner(collection).add(update)
    } catch {
      let isStopping = collection.core.stopping.isCancelled
      collection.noteEnd(of: update)
      update.request.completion(.failure(isStopping ? .shuttingDown : error))
      return nil
    }
  }
}
