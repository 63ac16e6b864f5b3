import FastJSON
public import PointModel

/// Why an answer of the server cannot be used; says what is wrong with it.
public struct ClientResponseError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, with the path of the member.
  public let description: String

  /// An error with this text.
  public init(_ description: String) {
    self.description = description
  }
}

/// What a client needs to know of a collection.
public struct RemoteCollection: Sendable, Equatable {
  /// `green` when all is well.
  public var status: String
  /// Points in the collection.
  public var pointsCount: Int
  /// The dense vectors of its points.
  public var vectors: VectorsConfig

  /// A collection on a server.
  public init(status: String, pointsCount: Int, vectors: VectorsConfig) {
    self.status = status
    self.pointsCount = pointsCount
    self.vectors = vectors
  }
}

/// Reads the answers of the REST API, unknown members ignored.
///
/// Every function throws a `ClientResponseError` when the answer is not of the expected form.
public enum ClientResponse {
  /// The text of an error answer; `nil` when it is none.
  public static func errorText(_ body: UnsafeRawBufferPointer) -> String? {
    guard let document = try? JSONDocument(parsing: body) else { return nil }
    return FieldReader(document.root)["status"]?["error"]?.element.string
  }

  /// The answer of calls that return `true` or `false`.
  public static func flag(
    _ body: UnsafeRawBufferPointer
  ) throws(ClientResponseError) -> Bool {
    try result(of: body) { field throws(DecodingFault) in try field.bool() }
  }

  /// Whether a collection exists.
  public static func exists(
    _ body: UnsafeRawBufferPointer
  ) throws(ClientResponseError) -> Bool {
    try result(of: body) { field throws(DecodingFault) in
      try field.required("exists") { exists throws(DecodingFault) in try exists.bool() }
    }
  }

  /// A collection's description.
  public static func collection(
    _ body: UnsafeRawBufferPointer
  ) throws(ClientResponseError) -> RemoteCollection {
    try result(of: body) { field throws(DecodingFault) in
      RemoteCollection(
        status: try field.required("status") { status throws(DecodingFault) in
          try status.string()
        },
        pointsCount: try field.optional("points_count") { count throws(DecodingFault) in
          try count.integer()
        } ?? 0,
        vectors: try field.required("config") { config throws(DecodingFault) in
          try config.required("params") { params throws(DecodingFault) in
            try vectors(of: params)
          }
        })
    }
  }

  /// The records of a retrieval.
  public static func records(
    _ body: UnsafeRawBufferPointer
  ) throws(ClientResponseError) -> [Record] {
    try result(of: body) { field throws(DecodingFault) in
      try field.map { record throws(DecodingFault) in try Self.record(record) }
    }
  }

  /// The records of a scroll, and where the next page begins.
  public static func scrollPage(
    _ body: UnsafeRawBufferPointer
  ) throws(ClientResponseError) -> (records: [Record], next: PointID?) {
    try result(of: body) { field throws(DecodingFault) in
      let records = try field.required("points") { points throws(DecodingFault) in
        try points.map { record throws(DecodingFault) in try Self.record(record) }
      }
      let next = try field.optional("next_page_offset") { id throws(DecodingFault) in
        try id.pointID()
      }
      return (records, next)
    }
  }

  /// The points of a query, or of a legacy search.
  public static func scoredPoints(
    _ body: UnsafeRawBufferPointer
  ) throws(ClientResponseError) -> [ScoredPoint] {
    try result(of: body) { field throws(DecodingFault) in
      let points = field["points"] ?? field
      return try points.map { point throws(DecodingFault) in
        ScoredPoint(
          record: try record(point),
          version: point["version"]?.element.uint64 ?? 0,
          score: try point.required("score") { score throws(DecodingFault) in
            try score.float()
          })
      }
    }
  }

  /// The number of points counted.
  public static func count(_ body: UnsafeRawBufferPointer) throws(ClientResponseError) -> Int {
    try result(of: body) { field throws(DecodingFault) in
      try field.required("count") { count throws(DecodingFault) in try count.integer() }
    }
  }

  private static func record(_ field: FieldReader) throws(DecodingFault) -> Record {
    Record(
      id: try field.required("id") { id throws(DecodingFault) in try id.pointID() },
      payload: try field.optional("payload") { payload throws(DecodingFault) in
        try payload.payload()
      },
      vectors: try field.optional("vector") { vector throws(DecodingFault) in
        try vector.namedVectors()
      })
  }

  private static func vectors(of params: FieldReader) throws(DecodingFault) -> VectorsConfig {
    try params.optional("vectors") { vectors throws(DecodingFault) in
      let object = try vectors.objectValue()
      do throws(StoredConfigError) {
        return try VectorsConfig(storedJSON: object)
      } catch {
        throw .format(error.description)
      }
    } ?? .named([])
  }

  private static func result<T>(
    of body: UnsafeRawBufferPointer, _ read: (FieldReader) throws(DecodingFault) -> T
  ) throws(ClientResponseError) -> T {
    let document: JSONDocument
    do throws(JSONSyntaxError) {
      document = try JSONDocument(parsing: body)
    } catch {
      throw ClientResponseError("the answer is not JSON: \(error)")
    }
    do throws(DecodingFault) {
      return try FieldReader(document.root).required("result", read)
    } catch {
      throw ClientResponseError("unexpected answer: \(error.located)")
    }
  }
}
