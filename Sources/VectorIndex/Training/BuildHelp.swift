/// A thread that helps with the loops of a build, where there is time for it.
///
/// What comes of a build is the same with help and without it.
public protocol BuildHelp: Sendable {
  /// Has a thread call ``BuildLoop/help(pause:)``, soon or never. Returns at once.
  func begin(_ loop: BuildLoop)

  /// Waits until no thread is in the loop; none enters it after that. A pause ends with this.
  func end(_ loop: BuildLoop)
}

extension IVFFlatIndex {
  /// Memory that a thread takes which helps to build an index of so many rows, in bytes, with the
  /// places of entries that are found beforehand so that two threads can write them.
  public static func helpBytes(rows: Int, dimension: Int, lists: Int?) -> Int {
    let lists = lists ?? IVFBuild.listCount(forRows: rows)
    let read = (RowEncoder.batch + 1) * dimension * MemoryLayout<Float>.stride
    let compared = CentroidComparison.tile * lists * MemoryLayout<Float>.stride
    return read + compared + searchBytes + 2 * rows * MemoryLayout<UInt32>.stride
  }

  /// What a search of a calibration takes beside.
  private static let searchBytes = 1 << 20
}
