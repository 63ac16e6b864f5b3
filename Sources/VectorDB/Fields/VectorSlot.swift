import PointModel
import VectorIndex

/// A field, where only dense ones are known of.
typealias VectorSlot = any VectorField

extension VectorField {
  /// The field as what it must be where this is asked.
  var dense: DenseField {
    guard let field = self as? DenseField else { preconditionFailure("a field that isn't dense") }
    return field
  }

  var column: DenseColumn { dense.column }
  var metric: Metric { dense.metric }

  func checked(
    _ value: VectorValue, context: @autoclosure () -> String
  ) throws(CollectionError) -> [Float] {
    try dense.checked(value, context: context())
  }
}
