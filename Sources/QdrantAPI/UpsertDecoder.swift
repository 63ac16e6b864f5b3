import FastJSON
import PointModel

/// Reads the bodies of upserts: a list of points, or columns of ids, vectors and payloads.
enum UpsertDecoder {
  static func operation(_ body: FieldReader) throws(DecodingFault) -> Operation {
    var points: [Point]?
    var batch: [Point]?
    var condition = UpsertCondition.always
    try body.forEachField { key, field throws(DecodingFault) in
      switch key {
      case "points": points = try field.map { point throws(DecodingFault) in try Self.point(point) }
      case "batch": batch = try columns(field)
      case "update_mode": condition.mode = try updateMode(field)
      case "update_filter":
        condition.filter = field.isNull ? nil : try FilterDecoder.filter(field)
      default: break
      }
    }
    try body.refuseShardKey()
    guard let all = batch ?? points else { throw .missing("points") }
    return .upsert(all, condition: condition)
  }

  private static func updateMode(_ field: FieldReader) throws(DecodingFault) -> UpsertCondition.Mode
  {
    if field.isNull { return .upsert }
    return switch try field.choice(["upsert", "insert_only", "update_only"]) {
    case "insert_only": .insertOnly
    case "update_only": .updateOnly
    default: .upsert
    }
  }

  private static func point(_ body: FieldReader) throws(DecodingFault) -> Point {
    var id: PointID?
    var vectors: [NamedVector]?
    var payload = Payload.empty
    try body.forEachField(of: "a point") { key, field throws(DecodingFault) in
      switch key {
      case "id": id = try field.pointID()
      case "vector", "vectors": vectors = try field.namedVectors()
      case "payload": payload = try field.payload()
      default: break
      }
    }
    guard let id else { throw .missing("id") }
    guard let vectors else { throw .missing("vector") }
    return Point(id: id, vectors: vectors, payload: payload)
  }

  private static func columns(_ body: FieldReader) throws(DecodingFault) -> [Point] {
    let ids = try body.required("ids") { field throws(DecodingFault) in
      try field.map { id throws(DecodingFault) in try id.pointID() }
    }
    var points = ids.map { Point(id: $0, vectors: []) }
    try body.required("vectors") { field throws(DecodingFault) in
      if field.element.kind == .object {
        var known: Set<String> = []
        try field.forEachField { name, column throws(DecodingFault) in
          // Of several columns of one name the last one counts.
          let isKnown = !known.insert(name).inserted
          try addVectors(column, named: name, insteadOf: isKnown ? name : nil, to: &points)
        }
      } else {
        try addVectors(field, named: "", insteadOf: nil, to: &points)
      }
    }
    try body.optional("payloads") { field throws(DecodingFault) in
      let payloads = try field.map { payload throws(DecodingFault) in try payload.payload() }
      guard payloads.count == points.count else {
        throw .validation(
          "number of ids and payloads must be equal (\(points.count) != \(payloads.count))")
      }
      for (index, payload) in payloads.enumerated() { points[index].payload = payload }
    }
    return points
  }

  private static func addVectors(
    _ column: FieldReader, named name: String, insteadOf former: String?,
    to points: inout [Point]
  ) throws(DecodingFault) {
    let vectors = try column.map { vector throws(DecodingFault) in try vector.vector(for: .storing)
    }
    guard vectors.count == points.count else {
      throw .validation(
        "number of ids and vectors must be equal (\(points.count) != \(vectors.count))")
    }
    for (index, value) in vectors.enumerated() {
      if let former { points[index].vectors.removeAll { $0.name == former } }
      points[index].vectors.append(NamedVector(name: name, value: value))
    }
  }
}
