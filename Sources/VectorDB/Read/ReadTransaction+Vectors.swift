import PointModel
import Storage
import VectorIndex

/// The vectors of points as they were given: from memory, and from the store where memory has
/// rounded ones.
extension ReadTransaction {
  /// Whether the point at `offset` has the vector called `name`.
  func hasVector(_ name: String, at offset: UInt32) -> Bool {
    view(named: name)?.contains(offset) ?? false
  }

  /// The fields that `selector` asks for.
  func fields(_ selector: VectorSelector) -> [any FieldView] {
    switch selector {
    case .none: []
    case .all: fields
    case .names(let names): fields.filter { names.contains($0.name) }
    }
  }

  /// The vectors of the point at `offset` that `selector` asks for; `nil` for none.
  func vectors(
    at offset: UInt32, _ selector: VectorSelector
  ) throws(CollectionError) -> [NamedVector]? {
    if selector == .none { return nil }
    var vectors: [NamedVector] = []
    for view in fields(selector) {
      guard let value = try value(at: offset, of: view) else { continue }
      vectors.append(NamedVector(name: view.name, value: value))
    }
    return vectors
  }

  /// The vector that the point at `offset` has in the field of `view`, as clients get it; `nil` for
  /// none.
  func value(
    at offset: UInt32, of view: any FieldView
  ) throws(CollectionError) -> VectorValue? {
    guard view.isRounded(offset) else { return view.value(at: offset) }
    var value: VectorValue?
    try withStored(offset, of: view) { value = view.field.format.value($0) }
    return value
  }

  /// Appends the same vector as the field's format keeps it.
  ///
  /// - Returns: false, and nothing is appended, if there is none.
  func appendStored(
    _ offset: UInt32, of view: any FieldView, to bytes: inout [UInt8]
  ) throws(CollectionError) -> Bool {
    guard view.isRounded(offset) else { return view.appendStored(offset, to: &bytes) }
    try withStored(offset, of: view) { bytes.append(contentsOf: $0) }
    return true
  }

  /// Lends the vector's bytes in the store, which must be there.
  private func withStored(
    _ offset: UInt32, of view: any FieldView, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(CollectionError) {
    let key = KeyLayout.vector(collection.number, view.field.number, offset)
    do {
      try collection.core.store.withValue(of: key, in: KeyLayout.vectors, at: snapshot) {
        bytes throws(StorageError) in
        guard let bytes, view.field.format.fits(bytes) else {
          throw StorageError.corruption(
            "vector `\(view.name)` of offset \(offset) in `\(collection.name)` is missing")
        }
        body(bytes)
      }
    } catch {
      let error = CollectionError(error)
      collection.note(error)
      throw error
    }
  }
}
