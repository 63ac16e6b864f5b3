import Glibc

/// What searches under a filter cost, in nanoseconds, as measured.
struct FilterCost {
  let dimension: Double
  /// The share of blocks with an allowed row.
  private let blockShare: Double

  /// - Parameter share: that of rows which are allowed, anywhere.
  init(dimension: Int, share: Double) {
    self.dimension = Double(dimension)
    blockShare = 1 - pow(1 - min(max(share, 0), 1), Double(CodeLayout.entriesPerBlock))
  }

  /// Rows that are fetched by their addresses and scored.
  func exact(rows: Int) -> Double {
    Double(rows) * (15 + 0.12 * dimension)
  }

  /// Whether so few rows of a column are always scored: where they lie apart from the query, a
  /// search through lists takes as long, and scores them all in the end. From files fewer are.
  static func areFew(_ rows: Int, in view: DenseColumnView) -> Bool {
    let dimension = Double(view.dimension)
    if view.hasFiles {
      let cost = FilterCost(dimension: view.dimension, share: 0)
      return cost.exact(rows: rows) < probingShare * cost.beside(lists: 1)
    }
    // As measured with up to 384 numbers; longer rows make more of the time.
    return Double(rows) * (15 + 0.4 * dimension) < 50_000 + 400 * min(dimension, 384)
  }

  /// What probing takes under a filter with what it reranks, as a multiple of what looking through
  /// the lists does.
  static let probingShare = 4.0

  /// Entries of lists, of which every block's rows are asked for, and some blocks scanned.
  func probing(entries: Double) -> Double {
    entries / Double(CodeLayout.entriesPerBlock) * (6 + blockShare * (4 + 0.055 * dimension))
  }

  /// What a search through lists takes beside their entries.
  func beside(lists: Int) -> Double {
    10_000 + Double(lists) * (8 + 0.04 * dimension)
  }
}
