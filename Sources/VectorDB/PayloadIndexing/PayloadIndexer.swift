import Glibc
import Logging
import OutageLogging
import PayloadIndex
import PointModel
import Synchronization
import VectorIndex

/// The thread that builds payload indexes and merges their large segments.
///
/// Neither readers nor writers wait for it: filters are evaluated on records until an index is
/// ready, and commits are entered meanwhile. It runs at a lower priority than they do.
final class PayloadIndexer: Sendable {
  private let queue: CollectionQueue
  private let thread: NativeThread?

  init(core: DatabaseCore, logger: Logger) {
    let queue = core.payloadIndexQueue
    self.queue = queue
    thread = NativeThread {
      // 0 is the calling thread.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
      let work = PayloadIndexWork(core: core, logger: logger)
      var rounds = PayloadIndexRounds<PointCollection>()
      let now = { IndexerLoop.milliseconds }
      while rounds.pause(at: now()).map({ queue.signal.wait(milliseconds: Int($0)) })
        ?? queue.signal.wait()
      {
        rounds.run(queue.takeAll(), of: work, at: now)
      }
    }
  }

  /// Has the build that runs end, and then the thread.
  func beginStopping() { queue.signal.stop() }

  /// Waits for that. Blocking.
  func stop() {
    beginStopping()
    thread?.join()
  }
}

/// What the payload indexer's thread does for one collection, in the order of
/// ``PayloadIndexRounds``.
private final class PayloadIndexWork: PayloadIndexSite {
  let core: DatabaseCore
  let logger: Logger
  private var queue: CollectionQueue { core.payloadIndexQueue }
  private let buildNotes: OutageTopics
  private let dropNotes: OutageTopics

  init(core: DatabaseCore, logger: Logger) {
    self.core = core
    self.logger = logger
    buildNotes = OutageTopics(
      "a payload index could not be built; it will be tried again", logger: logger)
    dropNotes = OutageTopics(
      "a payload index is dropped, there is no memory for it", logger: logger)
  }

  var isStopped: Bool { queue.isClosed }
  func isDropped(_ collection: PointCollection) -> Bool { collection.isDropped }

  func build(_ collection: PointCollection) -> Bool {
    let waiting = collection.payloadIndexes.waiting
    return waiting.isEmpty || build(waiting, of: collection)
  }

  func merge(_ collection: PointCollection) -> PayloadMergeOutcome {
    guard let merge = collection.payloadIndexes.takeMerge(upTo: core.sequence) else {
      return .none
    }
    return self.merge(merge, of: collection) ? .made : .impossible
  }

  /// Builds all fields that wait from one pass over the records; whether none of them failed for
  /// another reason than want of memory.
  private func build(
    _ builds: [PayloadIndexes.Build], of collection: PointCollection
  ) -> Bool {
    // What is being loaded comes here again, and what is damaged is never read.
    guard let read = try? collection.beginRead() else { return true }
    let started = IndexerLoop.milliseconds
    do throws(CollectionError) {
      var pass = PayloadIndexBuild(builds, of: collection, read: read, mayRefuse: false)
      let pace = PayloadPace(CancellationFlag(or: core.stopping))
      let isComplete = try pass.run(pace) { !queue.isClosed && !collection.isDropped }
      if !isComplete || queue.isClosed || collection.isDropped { return true }
      let (refused, rows) = (pass.refused, pass.rowCount)
      let installed = try pass.install(pace)
      collection.republish()
      for build in installed {
        logger.info(
          "payload index built",
          metadata: [
            "collection": "\(collection.name)", "field": "\(build.path)", "rows": "\(rows)",
            "milliseconds": "\(IndexerLoop.milliseconds - started)",
          ])
      }
      for (build, error) in refused { drop(build, of: collection, error) }
    } catch {
      if core.stopping.isCancelled { return true }
      buildNotes.failed(of: collection.name, "\(error)", ["collection": "\(collection.name)"])
      return false
    }
    collection.progress.ring()
    return true
  }

  /// Takes back an index for which there is no memory, so that none is half made.
  private func drop(
    _ build: PayloadIndexes.Build, of collection: PointCollection, _ error: CollectionError
  ) {
    guard case .outOfSpace(let reason) = error else { return }
    dropNotes.failed(
      of: collection.name, reason,
      ["collection": "\(collection.name)", "field": "\(build.path)"])
    collection.payloadIndexes.refuse(build, reason)
    core.options.giveMemoryBack()
    if collection.isDropped || collection.successor != nil { return }
    do throws(CollectionError) {
      try core.changeBlocking(
        .change(.payloadField(collection: collection.name, build.path, nil)))
    } catch {
      // A store that takes no more writes has the field until a restart, which builds it.
      collection.payloadIndexes.remove(build.path)
      collection.republish()
    }
  }

  /// Whether it was made: not of a collection that can't be read any more.
  private func merge(_ merge: PayloadIndexes.Merge, of collection: PointCollection) -> Bool {
    // A reader that begins now sees every commit of the segments.
    guard let read = try? collection.beginRead(), var merged = merge.segments.first else {
      collection.payloadIndexes.finish(merge, with: nil)
      return false
    }
    var isMade = false
    defer { if !isMade { collection.payloadIndexes.finish(merge, with: nil) } }
    let pace = PayloadPace(CancellationFlag(or: core.stopping))
    let isDead = { (row: UInt32) in !read.visibility.isVisible(row) }
    // The newer ones first: the oldest, which is the largest, is gone through once.
    let rest = merge.segments.dropFirst()
    if var newer = rest.first {
      for segment in rest.dropFirst() {
        guard
          let next = newer.merging(segment, isBottom: false, isDead: isDead, while: pace.step)
        else { return false }
        newer = next
      }
      guard let all = merged.merging(newer, isBottom: true, isDead: isDead, while: pace.step)
      else { return false }
      merged = all
    }
    isMade = true
    collection.payloadIndexes.finish(merge, with: merged)
    collection.republish()
    return true
  }
}
