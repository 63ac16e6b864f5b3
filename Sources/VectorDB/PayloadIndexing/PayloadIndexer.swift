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
  private let signal = StopSignal()
  private let thread: NativeThread?

  private static let paceMilliseconds = 200

  init(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    thread = NativeThread { [signal] in
      // 0 is the calling thread.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
      let work = PayloadIndexWork(core: core, logger: logger, signal: signal)
      repeat {
        for collection in catalog.unordered where !signal.isSet { work.serve(collection) }
      } while signal.wait(milliseconds: Self.paceMilliseconds)
    }
  }

  /// Has the thread look for work now.
  func ring() { signal.ring() }

  /// Has the build that runs end, and then the thread.
  func beginStopping() { signal.stop() }

  /// Waits for that. Blocking.
  func stop() {
    beginStopping()
    thread?.join()
  }
}

/// What the payload indexer's thread does for one collection.
private struct PayloadIndexWork {
  let core: DatabaseCore
  let logger: Logger
  let signal: StopSignal
  private let buildNotes: OutageTopics
  private let dropNotes: OutageTopics

  init(core: DatabaseCore, logger: Logger, signal: StopSignal) {
    self.core = core
    self.logger = logger
    self.signal = signal
    buildNotes = OutageTopics(
      "a payload index could not be built; it will be tried again", logger: logger)
    dropNotes = OutageTopics(
      "a payload index is dropped, there is no memory for it", logger: logger)
  }

  func serve(_ collection: PointCollection) {
    let indexes = collection.payloadIndexes
    if indexes.isEmpty { return }
    let waiting = indexes.waiting
    if !waiting.isEmpty { build(waiting, of: collection) }
    while !signal.isSet, let merge = indexes.takeMerge(upTo: core.sequence) {
      self.merge(merge, of: collection)
    }
  }

  /// Builds all fields that wait from one pass over the records.
  private func build(_ builds: [PayloadIndexes.Build], of collection: PointCollection) {
    guard let read = try? collection.beginRead() else { return }
    let started = IndexerLoop.milliseconds
    do throws(CollectionError) {
      var pass = try PayloadIndexBuild(builds, of: collection, read: read, mayRefuse: false)
      let pace = PayloadPace(CancellationFlag(or: core.stopping))
      let isComplete = try pass.run(pace) { !signal.isSet && !collection.isDropped }
      if !isComplete || signal.isSet || collection.isDropped { return }
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
      if core.stopping.isCancelled { return }
      buildNotes.failed(of: collection.name, "\(error)", ["collection": "\(collection.name)"])
      return
    }
    collection.progress.ring()
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

  private func merge(_ merge: PayloadIndexes.Merge, of collection: PointCollection) {
    // A reader that begins now sees every commit of the segments.
    guard let read = try? collection.beginRead(), var merged = merge.segments.first else {
      collection.payloadIndexes.finish(merge, with: nil)
      return
    }
    let pace = PayloadPace(CancellationFlag(or: core.stopping))
    let isDead = { (row: UInt32) in !read.visibility.isVisible(row) }
    // The newer ones first: the oldest, which is the largest, is gone through once.
    let rest = merge.segments.dropFirst()
    if var newer = rest.first {
      for segment in rest.dropFirst() {
        guard
          let next = newer.merging(segment, isBottom: false, isDead: isDead, while: pace.step)
        else { return collection.payloadIndexes.finish(merge, with: nil) }
        newer = next
      }
      guard let all = merged.merging(newer, isBottom: true, isDead: isDead, while: pace.step)
      else { return collection.payloadIndexes.finish(merge, with: nil) }
      merged = all
    }
    collection.payloadIndexes.finish(merge, with: merged)
    collection.republish()
  }
}
