/// An inverted-file index over the rows of one column: full-precision vectors stay where they are,
/// the lists hold their offsets with compact codes.
///
/// One maintainer (`insert`, `maintain`, `serialize`; a lock keeps a second one waiting), many
/// readers, who take a ``view()`` and are never waited for. An index is always trained;
/// a collection without one is scanned exactly.
public final class IVFFlatIndex: Sendable {
  /// What the index was built with.
  public let parameters: IVFParameters
  /// How rows are compared: anything but ``Metric/manhattan``.
  public let metric: Metric
  /// Floats a row.
  public let dimension: Int
  /// How many rows there were when the centroids were trained.
  public let trainedRows: Int
  private let published: TraceableMutex<IVFGeneration>
  /// Held while lists are changed, never while readers take a view.
  let upkeep: TraceableMutex<ListUpkeep>

  init(
    metric: Metric, dimension: Int, parameters: IVFParameters, trainedRows: Int,
    generation: IVFGeneration
  ) {
    self.metric = metric
    self.dimension = dimension
    self.parameters = parameters
    self.trainedRows = trainedRows
    self.published = TraceableMutex(generation)
    self.upkeep = TraceableMutex(ListUpkeep(calibrated: generation))
  }

  /// The index now. Take it in the same critical section as the commit it is used with: what a
  /// later view leaves out is dead at the latest published commit.
  public func view() -> IVFIndexView {
    IVFIndexView(generation: published.withLock { $0 })
  }

  func publish(_ generation: IVFGeneration) {
    // The replaced generation, and perhaps its lists, are released outside the lock.
    let replaced = published.withLock { current in
      defer { current = generation }
      return current
    }
    _ = consume replaced
  }

  /// Enters the rows from ``IVFStatistics/coveredRows`` on that are visible, at most `limit`
  /// offsets of them, and publishes the new state.
  ///
  /// - Returns: how many offsets were covered; 0 when none was left.
  public func insert(from rows: DenseColumnView, visibility: VisibilityView, limit: Int) -> Int {
    upkeep.withLock { _ in
      let generation = view().generation
      let first = generation.coveredRows
      let committed = visibility.committedRowCount(from: first)
      guard committed > first else { return 0 }
      let end = first + min(committed - first, UInt32(clamping: limit))
      var insertion = RowInsertion(generation, assignsTwice: parameters.assignsTwice)
      insertion.insert(first..<end, rows: rows, visibility: visibility)
      publish(insertion.finish(coveredRows: end))
      return Int(end - first)
    }
  }

  /// One bounded step (milliseconds) of what keeps the lists in shape: splitting long ones, merging
  /// short ones, dropping entries whose rows are dead at `visibility`, the latest commit; and,
  /// where many lists are in several parts, putting all of them in one piece each.
  ///
  /// - Parameter packs: whether it may come to that.
  /// - Returns: false at the end of a round through all lists, when it is enough to go on after
  ///   a hundredth of the rows has changed.
  public func maintain(
    rows: DenseColumnView, visibility: VisibilityView, packs: Bool = true
  ) -> Bool {
    upkeep.withLock { upkeep in
      let generation = view().generation
      let step = upkeep.step(
        generation, parameters, rows: rows, visibility: visibility, packs: packs)
      if let changed = step.changed { publish(changed) }
      return step.goesOn
    }
  }

  /// Measures anew which reach gives which recall, with queries (`d` floats each, normalised if
  /// the rows are) instead of rows, and has searches go by that. Takes seconds; blocking.
  ///
  /// - Parameters:
  ///   - help: who does a part of the work; `nil` for nobody.
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Throws: ``BuildInterrupted`` after `shouldContinue` returned false.
  public func recalibrate(
    with queries: [[Float]], rows: DenseColumnView, visibility: VisibilityView,
    help: (any BuildHelp)? = nil, shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) {
    let generation = view().generation
    let measurement = CalibrationMeasurement(
      metric: metric, rows: rows, visibility: visibility, seed: parameters.seed, help: help)
    var calibration = try measurement.run(generation, queries: queries) {
      shouldContinue(0.9 * $0)
    }
    calibration.filterGrowth = generation.calibration.filterGrowth
    // A tenth of the rows is as good as all of them where it is read row by row.
    if !rows.hasFiles {
      let growth = try measurement.filterGrowth(
        generation, calibration, Self.rows(in: generation, rows, visibility), queries: queries
      ) { shouldContinue(0.95) }
      if !growth.isEmpty { calibration.filterGrowth = growth }
    }
    use(calibration)
  }

  /// Whether a third of the rows has come or gone since the index was calibrated, so that its
  /// searches may find less than they are asked for, or look at more than they need.
  public var isCalibrationOld: Bool {
    upkeep.withLock { $0.isCalibrationOld(view().generation, parameters) }
  }

  /// Measures anew which reach gives which recall, with rows of the index as it was at first, and
  /// has searches go by that. Takes seconds; blocking.
  ///
  /// - Parameters:
  ///   - help: who does a part of the work; `nil` for nobody.
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Throws: ``BuildInterrupted`` after `shouldContinue` returned false.
  public func recalibrate(
    rows: DenseColumnView, visibility: VisibilityView, help: (any BuildHelp)? = nil,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) {
    let generation = view().generation
    let measurement = CalibrationMeasurement(
      metric: metric, rows: rows, visibility: visibility, seed: parameters.seed, help: help)
    let offsets = Self.rows(in: generation, rows, visibility)
    use(try measurement.run(generation, among: offsets, shouldContinue: shouldContinue))
  }

  /// The rows that are in lists.
  private static func rows(
    in generation: IVFGeneration, _ rows: DenseColumnView, _ visibility: VisibilityView
  ) -> [UInt32] {
    let strays = Set(generation.strays)
    var offsets: [UInt32] = []
    visibility.forEachVisible { offset in
      guard offset < generation.coveredRows, rows.contains(offset), !strays.contains(offset)
      else { return }
      offsets.append(offset)
    }
    return offsets
  }

  /// Has searches go by another calibration.
  func use(_ calibration: Calibration) {
    upkeep.withLock { upkeep in
      let generation = view().generation
      upkeep.calibrated(generation)
      publish(
        IVFGeneration(
          quantizer: generation.quantizer, lists: generation.lists,
          coveredRows: generation.coveredRows, calibration: calibration,
          strays: generation.strays))
    }
  }

  /// Figures of the index now.
  public func statistics() -> IVFStatistics {
    let generation = view().generation
    var statistics = IVFStatistics()
    statistics.listCount = generation.lists.count
    statistics.entryCount = generation.entryCount
    statistics.partCount = generation.lists.reduce(0) { $0 + $1.partCount }
    statistics.coveredRows = generation.coveredRows
    statistics.trainedRows = trainedRows
    statistics.calibration = generation.calibration.points
    statistics.memory = generation.memory
    return statistics
  }
}

extension IVFGeneration {
  /// A list's object, its run and its head, in bytes.
  private static let listBytes = 256

  var memory: IVFMemory {
    var memory = IVFMemory()
    let layout = quantizer.layout
    for list in lists {
      let blocks = list.parts.reduce(0) { $0 + $1.capacity }
      memory.codes += blocks * layout.blockBytes
      memory.lists += blocks * CodeLayout.rowBytes + Self.listBytes
    }
    memory.lists += strays.count * MemoryLayout<UInt32>.stride
    memory.centroids = quantizer.residentBytes
    return memory
  }
}

/// A build that was told to stop.
public struct BuildInterrupted: Error, Equatable {
  /// What a build throws that is to go on no more.
  public init() {}
}

/// A serialized index that does not fit together.
public struct DamagedIndex: Error, Equatable {
  /// What is wrong.
  public let reason: String

  /// With the reason in words.
  public init(reason: String) {
    self.reason = reason
  }
}
