import PayloadIndex
import PointModel

/// The payload indexes of a collection that are ready, as of one commit. Immutable.
struct PayloadIndexView: Sendable {
  /// An indexed field.
  struct Field: Sendable {
    let params: PayloadIndexParams
    let index: FieldIndex
  }

  private let fields: [PayloadPath: Field]
  /// How the text of fields is taken apart, those that are not ready included.
  let text: TextFields

  init(fields: [PayloadPath: Field], text: TextFields) {
    self.fields = fields
    self.text = text
  }

  /// The index of the field at `path`; `nil` when there is none that is ready.
  subscript(path: PayloadPath) -> Field? { fields[path] }

  var isEmpty: Bool { fields.isEmpty }

  /// The view of a reader at commit `sequence`: what was entered for a commit that is not published
  /// yet is left out.
  func upTo(_ sequence: UInt64) -> PayloadIndexView {
    let isAhead = fields.values.contains { field in
      field.index.segments.last.map { $0.commit > sequence } ?? false
    }
    if !isAhead { return self }
    return PayloadIndexView(
      fields: fields.mapValues { field in
        Field(
          params: field.params,
          index: FieldIndex(field.index.segments.filter { $0.commit <= sequence }))
      }, text: text)
  }
}
