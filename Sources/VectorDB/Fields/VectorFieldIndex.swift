import VectorIndex

/// An index of a field's rows, as those see it who build it and keep it up to date; searches know
/// it through their ``FieldView``.
///
/// Methods that take a view take one of the index's own field. One thread changes the index, any
/// may look.
protocol VectorFieldIndex: AnyObject, Sendable {
  /// Rows at and above this offset are not in the index yet and are scanned.
  var coveredRows: UInt32 { get }
  /// How many rows it was trained on.
  var trainedRows: Int { get }
  /// Its figures. Looks at every list.
  func statistics() -> IVFStatistics
  /// What it takes in memory, with what it needs besides.
  func memory() -> IVFMemory

  /// Enters visible rows that are not covered, at most `limit` offsets.
  ///
  /// - Returns: how many offsets were covered; 0 when none was left.
  func insert(from view: any FieldView, _ visibility: VisibilityView, limit: Int) -> Int

  /// One bounded step (milliseconds) of what keeps the index in shape.
  ///
  /// - Parameter packs: whether all of it may be written anew at the end of a round.
  /// - Returns: false at the end of a round, when it is enough to go on after a hundredth of the
  ///   rows has changed.
  func maintain(_ view: any FieldView, _ visibility: VisibilityView, packs: Bool) -> Bool

  /// Calibrates it with the queries that it was asked, if enough have come. Takes seconds.
  ///
  /// - Parameters:
  ///   - renewsOld: whether it is calibrated, too, if many rows have come or gone since it was.
  ///   - help: who does a part of the work; `nil` for nobody.
  ///   - shouldContinue: called every few milliseconds with the share that is done, 0…1.
  /// - Returns: whether it was time for that.
  /// - Throws: `BuildInterrupted` after `shouldContinue` returned false.
  func recalibrate(
    _ view: any FieldView, _ visibility: VisibilityView, renewsOld: Bool, help: (any BuildHelp)?,
    shouldContinue: (Double) -> Bool
  ) throws(BuildInterrupted) -> Bool

  /// Passes what ``VectorField/loadIndex(lists:reading:)`` reads, piece by piece.
  func serialize(to sink: (UnsafeRawBufferPointer) throws -> Void) throws

  /// Passes its calibration, which is in ``serialize(to:)`` too, alone.
  func serializeCalibration(to sink: (UnsafeRawBufferPointer) throws -> Void) throws

  /// Takes on a calibration that ``serializeCalibration(to:)`` passed, if it was one of this index.
  func loadCalibration(reading source: (UnsafeMutableRawBufferPointer) throws -> Void) throws
}
