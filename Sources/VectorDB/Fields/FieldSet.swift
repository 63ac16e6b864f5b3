import PointModel

/// The fields of a collection, between two changes of which there are.
final class FieldSet: Sendable {
  /// The number of the collection.
  let collection: UInt32
  /// In the order of the configuration.
  let all: [any VectorField]
  /// The number of each vector in keys.
  let numbers: VectorNumbers
  /// Where each is in ``all``.
  private let positions: [String: Int]

  /// The fields of a collection as its catalogue entry has them; those in `present` with the same
  /// number stay the same.
  init(of entry: CatalogEntry, collection: UInt32, keeping present: [any VectorField] = []) {
    self.collection = collection
    numbers = entry.vectorNumbers
    let present = Dictionary(uniqueKeysWithValues: present.map { ($0.number, $0) })
    // Names that are one text in other bytes have one number; entries of earlier releases may have
    // both.
    var known: Set<UInt16> = []
    all = entry.config.vectorKinds.compactMap { vector in
      guard let number = entry.vectorNumbers[vector.name], known.insert(number).inserted else {
        return nil
      }
      if let field = present[number] { return field }
      let field = vector.kind.field(named: vector.name, number: number)
      field.configure(entry.config)
      return field
    }
    positions = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })
  }

  /// The field under a name; `nil` for none.
  subscript(name: String) -> (any VectorField)? { position(of: name).map { all[$0] } }

  /// Where the field under a name is in ``all``.
  func position(of name: String) -> Int? { positions[name] }

  /// Whether it is one of these.
  func contains(_ field: any VectorField) -> Bool { self[field.name] === field }

  /// Refuses vectors that were prepared for fields of `other`, which are not those of today any
  /// more: their names were dropped meanwhile, and perhaps made anew.
  func check(_ operations: [Operation], preparedFor other: FieldSet) throws(CollectionError) {
    if other === self { return }
    for operation in operations {
      switch operation {
      case .upsert(let points, _):
        for point in points { try check(point.vectors, of: point.id, preparedFor: other) }
      case .updateVectors(let points, _):
        for point in points { try check(point.vectors, of: point.id, preparedFor: other) }
      case .delete, .setPayload, .overwritePayload, .deletePayload, .clearPayload, .deleteVectors:
        break
      }
    }
  }

  private func check(
    _ vectors: [NamedVector], of point: PointID, preparedFor other: FieldSet
  ) throws(CollectionError) {
    for vector in vectors {
      guard let field = self[vector.name] else {
        throw .unknownVector(vector.name, context: "point \(point)")
      }
      if other[vector.name] === field { continue }
      // A snapshot that takes a collection's place has the same vectors.
      guard other.collection != collection else {
        throw .unknownVector(vector.name, context: "point \(point)")
      }
      try field.check(query: vector.value, context: "point \(point)")
    }
  }
}

/// The number that each vector of a collection has in keys. None is ever given out again.
struct VectorNumbers: Sendable, Equatable {
  private(set) var byName: [String: UInt16] = [:]
  /// The next one; beyond the greatest `UInt16` once all are used.
  private(set) var next = 0

  /// Numbers that are known.
  ///
  /// - Parameter next: the next one, if that is known.
  init(_ byName: [String: UInt16] = [:], next: Int? = nil) {
    self.byName = byName
    self.next = max(next ?? 0, (byName.values.max().map { Int($0) } ?? -1) + 1)
  }

  subscript(name: String) -> UInt16? { byName[name] }

  /// Whether there are no more.
  var areUsedUp: Bool { next > Int(UInt16.max) }

  /// Gives numbers to those of `names` that have none, in their order, as far as they go.
  mutating func add(_ names: some Sequence<String>) {
    for name in names where byName[name] == nil {
      guard let number = UInt16(exactly: next) else { return }
      byName[name] = number
      next += 1
    }
  }

  /// Takes back the number of a vector that is no more.
  mutating func remove(_ name: String) -> UInt16? { byName.removeValue(forKey: name) }
}
