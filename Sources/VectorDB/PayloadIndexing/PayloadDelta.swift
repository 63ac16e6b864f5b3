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
  /// - Parameters:
  ///   - replaces: whether the row was there before with another payload.
  ///   - pace: ends it early, with an error.
  ///   - room: of what comes of it; `nil` if it is entered whatever it takes.
  mutating func add(
    _ payload: Payload, of id: PointID, at offset: UInt32, replaces: Bool, _ pace: PayloadPace,
    _ room: GatheringRoom?
  ) throws(CollectionError) {
    if fields.isEmpty { return }
    if replaces { gone.append(offset) }
    let document: JSONDocument
    do {
      document = try JSONDocument(parsing: payload.json)
    } catch {
      throw .storage("the payload of point \(id) is damaged: \(error.message)")
    }
    var held = builders.reduce(0) { $0 + $1.heldBytes }
    for (index, field) in fields.enumerated() {
      field.reader.read(document.root, into: &values, pace, room)
      let others = held - builders[index].heldBytes
      builders[index].add(values, at: offset, replaces: replaces, while: pace.step) {
        room?.fits(others + $0) ?? true
      }
      held = others + builders[index].heldBytes
      try room?.settle(held)
    }
    try pace.check()
  }

  /// Notes that the row at `offset` goes.
  mutating func remove(_ offset: UInt32) {
    if !fields.isEmpty { gone.append(offset) }
  }

  /// The segments; their commit is told when they are entered.
  ///
  /// - Parameters:
  ///   - indexes: what is there before.
  ///   - pace: ends it early, with an error.
  func finish(
    on indexes: PayloadIndexView, _ pace: PayloadPace
  ) throws(CollectionError) -> [Segment] {
    var segments: [Segment] = []
    for (field, builder) in zip(fields, builders) {
      if builder.rowCount == 0, gone.isEmpty { continue }
      let segment = builder.rowCount == 0 ? nil : builder.finish(commit: 0, while: pace.step)
      try pace.check()
      let change = indexes[field.path].map { present in
        (segment?.count(.indexed) ?? 0)
          - gone.count { present.index.has(.indexed, row: $0) }
      }
      segments.append(
        Segment(path: field.path, number: field.number, segment: segment, change: change))
    }
    return segments
  }
}
