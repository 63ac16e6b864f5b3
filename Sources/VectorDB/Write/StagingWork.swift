import Synchronization

/// The staging of the next group of a collection: what requests depend on is read, and what is
/// written planned, so that the committer has only the writing left.
///
/// It has a turn on a staging thread, and gives way as reads do: nobody waits for what another
/// collection's update takes to find its points.
final class StagingWork: SearchWork {
  /// Until it has begun, or was given up: a thread keeps its last work until the next one comes.
  private let collection: Mutex<PointCollection?>
  private let core: DatabaseCore
  private let turn: SearchTurn

  init(_ collection: PointCollection, _ core: DatabaseCore) {
    self.collection = Mutex(collection)
    self.core = core
    turn = SearchTurn(on: core.stagingThreads)
  }

  func run() {
    guard let collection = take() else { return }
    turn.begin()
    stage(collection)
  }

  /// Refuses what waits, unless it has begun: then each request says itself when it is to end.
  func giveUp(_ error: CollectionError) {
    guard let collection = take() else { return }
    repeat {
      for request in collection.requests.takeAll() { request.completion(.failure(error)) }
    } while collection.requests.finish()
  }

  private func take() -> PointCollection? {
    collection.withLock { collection in
      defer { collection = nil }
      return collection
    }
  }

  /// Plans the next group and hands it to the committer.
  private func stage(_ collection: PointCollection) {
    if let successor = collection.successor {
      successor.enqueue(collection.requests.takeAll())
      return core.finishGroup(of: collection)
    }
    let pace = PayloadPace(CancellationFlag(or: core.stopping, turn: turn))
    collection.payloadIndexes.mergeSmall(pace) { [collection] in
      try? collection.beginRead().visibility
    }
    if collection.payloadIndexes.needsLargeMerge { core.payloadIndexQueue.add(collection) }
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
  private func plan(
    _ requests: [PointsRequest], of collection: PointCollection
  ) -> PlannedWrite? {
    if requests.isEmpty { return nil }
    var planner: WritePlanner
    do throws(CollectionError) {
      planner = try WritePlanner(collection, turn)
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
      guard planner.isEmpty else {
        collection.requests.putBack(requests[index...])
        break
      }
      // It is too large for a group: it is begun with by itself.
      collection.requests.putBack(requests[(index + 1)...])
      if collection.requests.hasUpdate {
        collection.requests.block(request)
        return nil
      }
      do throws(CollectionError) {
        return plan(try planner.begin(request), of: collection)
      } catch {
        request.completion(.failure(error))
        return nil
      }
    }
    return planner.finish()
  }

  /// Plans the next part of an update.
  private func plan(_ update: LongUpdate, of collection: PointCollection) -> PlannedWrite? {
    do throws(CollectionError) {
      if update.request.flag.isCancelled { throw .timedOut("the update was given up") }
      return try WritePlanner(collection, turn).add(update)
    } catch {
      let isStopping = collection.core.stopping.isCancelled
      collection.noteEnd(of: update)
      update.request.completion(.failure(isStopping ? .shuttingDown : error))
      return nil
    }
  }
}
