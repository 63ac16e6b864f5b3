/// Where points were moved to since a collection was last changed by anybody but itself: rankings
/// that were given out before go on with the same points.
struct RowMoves: Sendable {
  /// The commit since which nothing has changed but the rows that points have.
  private(set) var since: UInt64
  private var rows: [UInt32: UInt32] = [:]

  /// Moves beyond which all are forgotten, and rankings with them.
  private static let countMax = 1 << 16

  /// Nothing was moved since commit `since`.
  init(since: UInt64) { self.since = since }

  /// Adds what commit `sequence` moved.
  mutating func add(_ moves: some Sequence<(from: UInt32, to: UInt32)>, at sequence: UInt64) {
    for move in moves { rows[move.from] = move.to }
    if rows.count > Self.countMax { self = RowMoves(since: sequence) }
  }

  /// Whether nothing was moved.
  var isEmpty: Bool { rows.isEmpty }

  /// The row that the point of a row has now.
  subscript(row: UInt32) -> UInt32 {
    var row = row
    while let next = rows[row] { row = next }
    return row
  }
}
