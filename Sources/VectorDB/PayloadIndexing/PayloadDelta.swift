import FastJSON
import PayloadIndex
import PointModel

/// What one commit changes in the payload indexes of a collection.
struct PayloadDelta {
  struct Field {
    let path: PayloadPath
    let number: UInt64
    let reader: FieldValueReader
  }

  /// What a commit does to one field.
  struct Segment {
    let path: PayloadPath
    let number: UInt64
    /// `nil` if rows only go.
    let segment: FieldSegment?
    /// How many more points have an indexed value; `nil` if that is not known.
    let change: Int?
  }

  private let fields: [Field]
  /// Which fields there were.
  let fieldsNumber: UInt64
  private var builders: [FieldSegmentBuilder]
  /// Rows that go, or have another payload from now on.
  private var gone: [UInt32] = []
  private var values = RowValues()

  init(_ fields: [Field], fieldsNumber: UInt64) {
    self.fieldsNumber = fieldsNumber
    self.fields = fields
    builders = fields.map { FieldSegmentBuilder($0.reader.kind) }
  }

  /// Enters the row at `offset`.
  ///
  /// - Parameter replaces: whether the row was there before with another payload.
  mutating func add(
    _ payload: Payload, of id: PointID, at offset: UInt32, replaces: Bool
  ) throws(CollectionError) {
    if fields.isEmpty { return }
    if replaces { gone.append(offset) }
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: payload.json)
    } catch {
      throw .storage("the payload of point \(id) is damaged: \(error.message)")
    }
    for (index, field) in fields.enumerated() {
      field.reader.read(document.root, into: &values)
      builders[index].add(values, at: offset, replaces: replaces)
    }
  }

  /// Notes that the row at `offset` goes.
  mutating func remove(_ offset: UInt32) {
    if !fields.isEmpty { gone.append(offset) }
  }

  /// The segments; their commit is told when they are entered.
  ///
  /// - Parameter indexes: what is there before.
  func finish(on indexes: PayloadIndexView) -> [Segment] {
    zip(fields, builders).compactMap { field, builder in
      if builder.rowCount == 0, gone.isEmpty { return nil }
      let segment = builder.rowCount == 0 ? nil : builder.finish(commit: 0)
      let change = indexes[field.path].map { present in
        (segment?.count(.indexed) ?? 0)
          - gone.count { present.index.has(.indexed, row: $0) }
      }
      return Segment(path: field.path, number: field.number, segment: segment, change: change)
    }
  }
}
