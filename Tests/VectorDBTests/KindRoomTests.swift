import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// The memory formula and its limit know what every kind of vector takes.
@Suite struct KindRoomTests {
  private static let size = 256
  private static let elements = 100

  struct Kind: Sendable, CustomTestStringConvertible {
    let name: String
    let config: CollectionConfig
    /// What a row takes beside its place and the bit that tells of it.
    let bytes: Int
    let value: @Sendable (Int) -> VectorValue

    var testDescription: String { name }
  }

  private static func dense(_ datatype: VectorDatatype, bytes: Int) -> Kind {
    let params = VectorParams(size: size, distance: .dot, datatype: datatype)
    return Kind(
      name: "dense \(datatype)",
      config: CollectionConfig(vectors: .named([NamedVectorParams(name: "v", params: params)])),
      bytes: bytes, value: { row in .dense(numbers(row, count: size)) })
  }

  /// Four vectors a row.
  private static func multi(_ datatype: VectorDatatype, bytes: Int) -> Kind {
    let params = VectorParams(
      size: size, distance: .dot, datatype: datatype, multivector: MultiVectorParams())
    return Kind(
      name: "multi \(datatype)",
      config: CollectionConfig(vectors: .named([NamedVectorParams(name: "v", params: params)])),
      bytes: bytes,
      value: { row in
        MultiVector(dimension: size, values: numbers(row, count: 4 * size)).map { .multi($0) }
          ?? .dense([])
      })
  }

  private static func sparse(_ datatype: VectorDatatype, bytes: Int) -> Kind {
    Kind(
      name: "sparse \(datatype)",
      config: CollectionConfig(
        vectors: .named([]),
        sparseVectors: [
          NamedSparseVectorParams(
            name: "v", params: SparseVectorParams(modifier: nil, datatype: datatype))
        ]), bytes: bytes,
      value: { row in
        let indices = (0..<elements).map { UInt32(7 * $0 + row % 7) }
        return .sparse(SparseVector(ascending: indices, numbers(row, count: elements)))
      })
  }

  /// No two alike.
  private static func numbers(_ row: Int, count: Int) -> [Float] {
    (0..<count).map { Float(1 + $0) / 8 + Float(row % 16) / 256 }
  }

  static let kinds = [
    dense(.float32, bytes: size * 4), dense(.float16, bytes: size * 2), dense(.uint8, bytes: size),
    dense(.turbo4, bytes: size / 2 + 8),
    multi(.float32, bytes: 4 * size * 4), multi(.float16, bytes: 4 * size * 2),
    multi(.uint8, bytes: 4 * size), multi(.turbo4, bytes: 4 * (size / 2 + 8)),
    sparse(.float32, bytes: 4 + 8 * elements), sparse(.float16, bytes: 4 + 6 * elements),
    sparse(.uint8, bytes: 4 + 5 * elements + 8),
  ]

  private func upsert(
    _ rows: Range<Int>, of kind: Kind, to things: PointCollection
  ) async throws(CollectionError) {
    let points = rows.map { row in
      Point(id: .number(UInt64(row)), vectors: [NamedVector(name: "v", value: kind.value(row))])
    }
    _ = try await things.apply([.upsert(points)])
  }

  @Test(arguments: kinds) func theFormulaKnowsTheKind(kind: Kind) async throws {
    let count = 2048
    try await withDatabase { temporary in
      try await temporary.database.createCollection(named: "things", config: kind.config)
      let things = try temporary.database.collection(named: "things")
      for start in stride(from: 0, to: count, by: 512) {
        try await upsert(start..<start + 512, of: kind, to: things)
      }
      let taken = things.memory().vectors
      #expect(taken >= count * kind.bytes, "\(taken)")
      // Lists of sparse vectors, made behind the commits, and the rests of chunks.
      let lists = kind.name.hasPrefix("sparse") ? count * Self.elements * 8 : 0
      #expect(taken <= count * kind.bytes + lists + 3 << 20, "\(taken)")
    }
  }

  /// Those that differ most from floats side by side.
  @Test(
    arguments: kinds.filter { ["dense turbo4", "multi uint8", "sparse float16"].contains($0.name) })
  func theLimitKnowsTheKind(kind: Kind) async throws {
    let limit = RoomLimits(memoryBytes: 64 << 20)
    let options = DatabaseOptions(limits: Limits(room: limit))
    try await withDatabase(options: options) { temporary in
      try await temporary.database.createCollection(named: "things", config: kind.config)
      let things = try temporary.database.collection(named: "things")
      // Half of them would be too many.
      let step = 256
      let end = 2 * (limit.memoryBytes - 54_000_000) / kind.bytes
      var next = 0
      var refusal: CollectionError?
      while refusal == nil, next < end {
        do throws(CollectionError) {
          try await upsert(next..<next + step, of: kind, to: things)
          next += step
        } catch {
          refusal = error
        }
      }
      guard case .outOfSpace(let reason)? = refusal else {
        Issue.record("\(next) points were taken: \(String(describing: refusal))")
        return
      }
      #expect(reason.contains("storage.limits.memory_mb"))
      #expect(try await things.count(nil) == next)
      #expect(temporary.database.memory().collections.vectors >= next * kind.bytes)
    }
  }
}
