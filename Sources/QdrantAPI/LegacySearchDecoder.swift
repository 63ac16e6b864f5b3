import FastJSON
import PointModel

/// Reads the bodies of the searches that preceded universal queries.
enum LegacySearchDecoder {
  static func request(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    try body.requireObject()
    try body.refuseShardKey()
    var request = try parts(body)
    let limit = try SearchParamsDecoder.limit(of: body, in: "search_request", alias: "top")
    guard let limit else {
      throw .missing("limit")
    }
    request.limit = limit
    return request
  }

  /// All of a search but its limit.
  static func parts(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    let (name, vector) = try body.required("vector") { field throws(DecodingFault) in
      try namedVector(field)
    }
    var request = QueryRequest(query: .nearest(.value(vector)), using: name)
    try SearchParamsDecoder.readCommon(body, into: &request)
    return request
  }

  static func batch(_ body: FieldReader) throws(DecodingFault) -> [QueryRequest] {
    try body.required("searches") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try request(entry) }
    }
  }

  private static func namedVector(
    _ field: FieldReader
  ) throws(DecodingFault) -> (String, VectorValue) {
    guard field.element.object?["name"] != nil else { return ("", try field.vector()) }
    let name = try field.required("name") { name throws(DecodingFault) in try name.string() }
    let vector = try field.required("vector") { vector throws(DecodingFault) in
      try vector.vector()
    }
    return (name, vector)
  }
}
