import FastJSON
import PointModel

/// Reads the bodies of the searches that preceded universal queries.
enum LegacySearchDecoder {
  static func request(_ body: FieldReader) throws(DecodingFault) -> QueryRequest {
    try body.requireObject()
    try body.refuseShardKey()
    let (name, vector) = try body.required("vector") { field throws(DecodingFault) in
      try namedVector(field)
    }
    var request = QueryRequest(query: .nearest(.dense(vector)), using: name)
    request.filter = try SearchParamsDecoder.filter(of: body)
    request.params = try SearchParamsDecoder.params(of: body)
    request.scoreThreshold = try SearchParamsDecoder.scoreThreshold(of: body)
    let limit = try SearchParamsDecoder.limit(of: body, in: "search_request", alias: "top")
    guard let limit else {
      throw .missing("limit")
    }
    request.limit = limit
    request.offset = try SearchParamsDecoder.offset(of: body)
    request.withPayload = try SelectorDecoder.payload(of: body, otherwise: .none)
    request.withVector = try SelectorDecoder.vector(of: body)
    return request
  }

  static func batch(_ body: FieldReader) throws(DecodingFault) -> [QueryRequest] {
    try body.required("searches") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try request(entry) }
    }
  }

  private static func namedVector(
    _ field: FieldReader
  ) throws(DecodingFault) -> (String, [Float]) {
    guard field.element.object?["name"] != nil else { return ("", try field.denseVector()) }
    let name = try field.required("name") { name throws(DecodingFault) in try name.string() }
    let vector = try field.required("vector") { vector throws(DecodingFault) in
      try vector.denseVector()
    }
    return (name, vector)
  }
}
