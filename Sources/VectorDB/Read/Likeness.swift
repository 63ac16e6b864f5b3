import PointModel
import VectorIndex

/// How like rows are to a query and to each other as vectors alone: as the numbers that clients
/// get, whatever they are kept as, and without what a field does to queries by what its rows are
/// like. Sparse weights are those that searches score.
///
/// Rows are named by their place in the list that it was made of.
struct Likeness {
  private let offsets: [UInt32]
  private let view: any FieldView
  /// Has the vectors at 0, 1, 2 …, where the collection keeps them as something else.
  private let copy: (any VectorField)?

  /// Copies the vectors, unless they are kept as what they are.
  init(of offsets: [UInt32], in view: any FieldView) {
    copy = view.numbers(of: offsets)
    self.offsets = copy == nil ? offsets : Array(0..<UInt32(offsets.count))
    self.view = copy?.view() ?? view
  }

  /// Whether what a search found need not be scored anew.
  var isThatOfSearches: Bool { copy == nil && !view.usesRarity }

  /// How like each row is to a query.
  ///
  /// - Parameter query: as it was given, of the field's kind and shape.
  func relevance(of query: VectorValue) -> [Float] {
    view.scorer(for: view.field.prepared(query: query)).scores(at: offsets)
      .map { $0 ?? -.infinity }
  }

  /// Whether two rows are as like each other whichever of them is the query: not where lengths are
  /// left out of the query alone.
  var isSymmetric: Bool { view.isSymmetric && (copy == nil || view.distance != .cosine) }

  /// How like rows are to the row at `place`, which is the query; `nil` if it has no vector.
  func scores(at places: some Sequence<Int>, like place: Int) -> [Float?]? {
    let scorer: (any Scorer)?
    if copy == nil {
      scorer = view.scorer(likeRow: offsets[place])
    } else {
      scorer = view.value(at: offsets[place]).map {
        view.scorer(for: view.field.prepared(query: $0))
      }
    }
    return scorer?.scores(at: places.map { offsets[$0] })
  }
}
