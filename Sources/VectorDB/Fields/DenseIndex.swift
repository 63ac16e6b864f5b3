import VectorIndex

/// The lists of a dense field, calibrated with the queries that come.
final class DenseIndex: VectorFieldIndex {
  let lists: IVFFlatIndex
  private let queries: QueryReservoir

  /// - Parameter queries: what searches ask of the field's indexes.
  init(_ lists: IVFFlatIndex, _ queries: QueryReservoir) {
    self.lists = lists
    self.queries = queries
    queries.indexHasChanged()
  }

  var coveredRows: UInt32 { lists.view().coveredRows }
  var trainedRows: Int { lists.trainedRows }

  func statistics() -> IVFStatistics { lists.statistics() }

  func memory() -> IVFMemory {
    var memory = lists.statistics().memory
    memory.lists += queries.residentBytes
    return memory
  }

  func insert(from view: any FieldView, _ visibility: VisibilityView, limit: Int) -> Int {
    lists.insert(from: DenseFieldView.rows(of: view), visibility: visibility, limit: limit)
  }

  func maintain(_ view: any FieldView, _ visibility: VisibilityView, packs: Bool) -> Bool {
    lists.maintain(rows: DenseFieldView.rows(of: view), visibility: visibility, packs: packs)
  }

  func recalibrate(
    _ view: any FieldView, _ visibility: VisibilityView, renewsOld: Bool, help: (any BuildHelp)?,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> Bool {
    let rows = DenseFieldView.rows(of: view)
    let isOld = renewsOld && lists.isCalibrationOld
    if isOld { queries.indexHasChanged() }
    if let queries = queries.takeIfDue() {
      try lists.recalibrate(
        with: queries, rows: rows, visibility: visibility, help: help,
        shouldContinue: shouldContinue)
    } else if isOld {
      try lists.recalibrate(
        rows: rows, visibility: visibility, help: help, shouldContinue: shouldContinue)
    } else {
      return false
    }
    return true
  }

  func serialize(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    try lists.serialize(to: sink)
  }

  func serializeCalibration(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    try lists.serializeCalibration(to: sink)
  }

  func loadCalibration(
    reading source: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    try lists.loadCalibration(reading: source)
  }
}
