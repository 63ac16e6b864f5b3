import Logging
import OutageLogging
import Storage
import VectorIndex

/// Samples the room that a database takes, once a second while it changes and every ten seconds
/// otherwise, on a thread of its own.
final class RoomSampler: Sendable {
  private let core: DatabaseCore
  private let loop: SamplingLoop
  private let signal = StopSignal()
  private let thread: NativeThread?

  private static let paceMilliseconds = 1000
  private static let idleTicks = 10

  /// Takes the first sample before it returns.
  init(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    self.core = core
    let loop = SamplingLoop(core: core, catalog: catalog, logger: logger)
    self.loop = loop
    loop.sample()
    let overLimit = OutageNotes(
      "more memory is in use than storage.limits.memory_mb; writes are refused", logger: logger)
    thread = NativeThread { [signal] in
      var seen = core.sequence
      var idle = 0
      var wasOver = false
      while signal.wait(milliseconds: Self.paceMilliseconds) {
        idle += 1
        let sequence = core.sequence
        // Compactions change the disk without a commit.
        if sequence == seen, idle < Self.idleTicks { continue }
        seen = sequence
        idle = 0
        loop.sample()
        let isOver = core.memory.exceedsLimit(by: 0)
        if isOver, !wasOver {
          overLimit.failed("\(core.memory.lastSample.memory) bytes")
        }
        wasOver = isOver
      }
    }
  }

  var lastSample: RoomUse { core.memory.lastSample }

  func memory() -> DatabaseMemory {
    loop.memory()
  }

  /// Ends the thread. Blocking.
  func stop() {
    signal.stop()
    thread?.join()
  }
}

/// Measures; holds no state but that of what it writes down.
struct SamplingLoop: Sendable {
  let core: DatabaseCore
  let catalog: Catalog
  private let notes: OutageNotes

  /// Decoded points live beside the body that they came from; floats are shorter than their text.
  private static let decodedShare = 2

  init(core: DatabaseCore, catalog: Catalog, logger: Logger) {
    self.core = core
    self.catalog = catalog
    notes = OutageNotes("the size of the data directory could not be read", logger: logger)
  }

  func memory() -> DatabaseMemory {
    var memory = DatabaseMemory()
    for collection in catalog.unordered { memory.collections.add(collection.memory()) }
    memory.vectorCache = core.rowFiles.reads.residentBytes
    memory.requests =
      core.options.requestBytes() * Self.decodedShare + core.memory.transientBytes
      + core.rankings.byteCount
    if let store = try? core.store.memory() {
      memory.blockCache = store.blockCache
      memory.writeBuffers = store.writeBuffers
      memory.tableReaders = store.tableReaders
    }
    return memory
  }

  func sample() {
    core.memory.beginSample()
    do {
      let disk = try core.store.diskUse()
      let reserve = catalog.unordered.reduce(0) { $0 + $1.indexReserve }
      var memory = memory()
      // Leases are added to the sample as they are at each moment.
      memory.requests = core.options.requestBytes() * Self.decodedShare + core.rankings.byteCount
      core.memory.update(
        RoomUse(memory: memory.total + reserve, disk: disk.bytes, diskFree: disk.freeBytes))
    } catch {
      notes.failed("\(error)")
    }
  }
}
