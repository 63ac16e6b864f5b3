import FastJSON
import PayloadIndex
import PointModel
import VectorIndex

/// One pass over the records of a collection that makes the first segments of payload indexes. Used
/// on one thread; it blocks for as long as the records take to be read.
///
/// Each index that may be refused holds a lease on what it has gathered so far, which grows also
/// within one record. When it can't grow, that index alone is given up, and its memory is let go.
struct PayloadIndexBuild {
  let collection: PointCollection
  let read: ReadTransaction
  private var parts: [Part]
  private(set) var rowCount = 0

  private struct Part {
    let build: PayloadIndexes.Build
    var builder: FieldSegmentBuilder
    /// `nil` for an index that is built whatever it takes.
    let room: GatheringRoom?
    var refusal: CollectionError? { room?.refusal }

    /// Enters a row; without room for it all is let go.
    mutating func enter(
      _ root: JSONElement, at offset: UInt32, by values: inout RowValues, _ pace: PayloadPace
    ) {
      build.reader.read(root, into: &values, pace, room)
      guard let room else {
        return builder.add(values, at: offset, replaces: false, while: pace.step)
      }
      builder.add(values, at: offset, replaces: false, while: pace.step, hasRoom: room.fits)
      do throws(CollectionError) {
        try room.settle(builder.heldBytes)
      } catch {
        builder = FieldSegmentBuilder(build.reader.kind)
        room.lease?.abandon()
      }
    }
  }

  /// Rows, and bytes of payloads, after which it is asked whether to go on.
  private static let rowsPerCheck = 1024
  private static let bytesPerCheck = 1 << 20
  /// Leases grow by at least so much.
  private static let leaseStep = 1 << 20

  /// - Parameter mayRefuse: whether indexes that nobody asks for now are refused too.
  init(
    _ builds: [PayloadIndexes.Build], of collection: PointCollection, read: ReadTransaction,
    mayRefuse: Bool
  ) {
    self.collection = collection
    self.read = read
    let memory = collection.core.memory
    parts = builds.map { build in
      Part(
        build: build, builder: FieldSegmentBuilder(build.reader.kind),
        room: mayRefuse || build.isRequested
          ? GatheringRoom(memory, freeBytes: 0, step: Self.leaseStep) : nil)
    }
  }

  /// Goes through the records; `false` when it was told to end before the last.
  ///
  /// - Parameter pace: ends it early, also within one record, with an error.
  mutating func run(
    _ pace: PayloadPace, while goesOn: () -> Bool
  ) throws(CollectionError) -> Bool {
    var values = RowValues()
    var parser = JSONRecordParser()
    var isComplete = true
    var unchecked = (rows: 0, bytes: 0)
    try read.scanRecords { (offset, record) throws(CollectionError) in
      rowCount += 1
      unchecked.rows += 1
      unchecked.bytes += record.payload.count
      if unchecked.rows >= Self.rowsPerCheck || unchecked.bytes >= Self.bytesPerCheck {
        unchecked = (0, 0)
        if !goesOn() || parts.allSatisfy({ $0.refusal != nil }) {
          isComplete = parts.allSatisfy { $0.refusal != nil }
          return false
        }
      }
      let root: JSONElement
      do throws(JSONSyntaxError) {
        root = try parser.parse(record.payload)
      } catch {
        throw .storage("the payload of point \(record.id) is damaged: \(error.message)")
      }
      for index in parts.indices where parts[index].refusal == nil {
        parts[index].enter(root, at: offset, by: &values, pace)
      }
      try pace.check()
      return true
    }
    return isComplete
  }

  /// The indexes that were given up, and why.
  var refused: [(build: PayloadIndexes.Build, error: CollectionError)] {
    parts.compactMap { part in part.refusal.map { (part.build, $0) } }
  }

  /// Makes the other indexes ready, one after another, and returns them.
  ///
  /// - Parameter pace: ends it early, with an error; those before are ready then.
  consuming func install(_ pace: PayloadPace) throws(CollectionError) -> [PayloadIndexes.Build] {
    var installed: [PayloadIndexes.Build] = []
    while let part = parts.popLast() {
      if part.refusal != nil { continue }
      guard
        let segment = part.builder.finish(commit: read.visibility.sequence, while: pace.step)
      else {
        try pace.check()
        continue
      }
      collection.payloadIndexes.install(segment, part.build)
      if let lease = part.room?.lease {
        lease.shrink(by: max(0, lease.bytes - segment.residentBytes))
        lease.release()
      }
      installed.append(part.build)
    }
    return installed
  }
}

extension PointCollection {
  /// Builds the payload indexes of a collection that nobody else uses yet. Blocking.
  ///
  /// - Parameter mayRefuse: whether they need room below the memory limit.
  func buildPayloadIndexes(
    from read: ReadTransaction, mayRefuse: Bool, flag: CancellationFlag
  ) throws(CollectionError) {
    let waiting = payloadIndexes.waiting
    if waiting.isEmpty { return }
    var pass = PayloadIndexBuild(waiting, of: self, read: read, mayRefuse: mayRefuse)
    let pace = PayloadPace(flag)
    do throws(CollectionError) {
      guard try pass.run(pace, while: { !flag.isCancelled }) else { throw .shuttingDown }
      if let refused = pass.refused.first { throw refused.error }
      _ = try pass.install(pace)
    } catch {
      throw pace.isOver ? .shuttingDown : error
    }
  }
}
