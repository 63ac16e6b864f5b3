import FastJSON
import PointModel
import ProtoWire

extension ProtoWriter {
  /// Writes a point's id.
  mutating func id(_ field: UInt32, _ id: PointID) {
    message(field) { writer in
      switch id {
      case .number(let number): writer.varint(1, number)
      case .uuid(let uuid): writer.string(2, uuid.description)
      }
    }
  }

  /// Writes the vectors of a point: a lone unnamed one, or all by name.
  mutating func vectors(_ field: UInt32, _ vectors: [NamedVector]) {
    message(field) { writer in
      if vectors.count == 1, vectors[0].name.isEmpty {
        writer.message(1) { $0.vector(vectors[0].value) }
        return
      }
      writer.message(2) { named in
        for vector in vectors {
          named.message(1) { entry in
            entry.string(1, vector.name)
            entry.message(2) { $0.vector(vector.value) }
          }
        }
      }
    }
  }

  private mutating func vector(_ value: VectorValue) {
    switch value {
    case .dense(let values): message(101) { $0.packed(1, values) }
    case .sparse(let sparse):
      message(102) { writer in
        writer.packed(1, sparse.values)
        writer.packed(2, sparse.indices)
      }
    case .multi(let multi):
      message(103) { writer in
        for vector in multi.vectors { writer.message(1) { $0.packed(1, vector) } }
      }
    }
  }

  /// Writes a point that was found by a search.
  mutating func scoredPoint(
    _ field: UInt32, _ point: ScoredPoint, _ parser: inout JSONRecordParser
  ) {
    message(field) { writer in
      writer.id(1, point.record.id)
      if let payload = point.record.payload { writer.payload(2, payload, &parser) }
      if point.score != 0 { writer.float(3, point.score) }
      writer.varintUnlessZero(5, point.version)
      if let vectors = point.record.vectors { writer.vectors(6, vectors) }
      if let value = point.record.orderValue { writer.orderValue(8, value) }
    }
  }

  /// Writes a point that was read.
  mutating func record(_ field: UInt32, _ record: Record, _ parser: inout JSONRecordParser) {
    message(field) { writer in
      writer.id(1, record.id)
      if let payload = record.payload { writer.payload(2, payload, &parser) }
      if let vectors = record.vectors { writer.vectors(4, vectors) }
      if let value = record.orderValue { writer.orderValue(6, value) }
    }
  }

  private mutating func orderValue(_ field: UInt32, _ value: Number) {
    message(field) { writer in
      switch value {
      case .integer(let integer): writer.varint(1, integer)
      case .unsigned(let unsigned): writer.double(2, Double(unsigned))
      case .double(let double): writer.double(2, double)
      }
    }
  }

  /// Writes points of a common value.
  mutating func group(_ field: UInt32, _ group: PointGroup, _ parser: inout JSONRecordParser) {
    message(field) { writer in
      writer.message(1) { id in
        switch group.id {
        case .unsigned(let number): id.varint(1, number)
        case .integer(let number) where number >= 0: id.varint(1, UInt64(number))
        case .integer(let number): id.varint(2, number)
        case .string(let text): id.string(3, text)
        }
      }
      for hit in group.hits { writer.scoredPoint(2, hit, &parser) }
      if let lookup = group.lookup { writer.record(3, lookup, &parser) }
    }
  }

  /// Writes a value and how often it occurs.
  mutating func facet(_ field: UInt32, _ hit: FacetHit) {
    message(field) { writer in
      writer.message(1) { value in
        switch hit.value {
        case .string(let text): value.string(1, text)
        case .integer(let integer): value.varint(2, integer)
        // Its digits, where no integer of the message holds it.
        case .unsigned(let unsigned):
          if unsigned <= UInt64(Int64.max) {
            value.varint(2, unsigned)
          } else {
            value.string(1, String(unsigned))
          }
        case .bool(let bool): value.bool(3, bool)
        }
      }
      writer.varintUnlessZero(2, UInt64(hit.count))
    }
  }

  /// Writes the pairs of a matrix.
  mutating func pairs(_ field: UInt32, _ matrix: DistanceMatrix) {
    message(field) { writer in
      for (row, neighbors) in matrix.neighbors.enumerated() {
        for neighbor in neighbors {
          writer.message(1) { pair in
            pair.id(1, matrix.ids[row])
            pair.id(2, matrix.ids[neighbor.position])
            pair.float(3, neighbor.score)
          }
        }
      }
    }
  }

  /// Writes a matrix as coordinates and scores.
  mutating func coordinates(_ field: UInt32, _ matrix: DistanceMatrix) {
    message(field) { writer in
      let entries = matrix.neighbors.enumerated().flatMap { row, neighbors in
        neighbors.map { (row: row, column: $0.position, score: $0.score) }
      }
      writer.packed(1, entries.map { UInt32($0.row) })
      writer.packed(2, entries.map { UInt32($0.column) })
      writer.packed(3, entries.map(\.score))
      for id in matrix.ids { writer.id(4, id) }
    }
  }
}
