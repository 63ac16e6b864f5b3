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

  struct Segment {
    let path: PayloadPath
    let number: UInt64
    let segment: FieldSegment
  }

  private let fields: [Field]
  /// Which fields there were.
  let fieldsNumber: UInt64
  private var builders: [FieldSegmentBuilder]
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

  /// The segments; their commit is told when they are entered.
  func finish() -> [Segment] {
    zip(fields, builders).filter { $0.1.rowCount > 0 }.map { field, builder in
      Segment(path: field.path, number: field.number, segment: builder.finish(commit: 0))
    }
  }
}
