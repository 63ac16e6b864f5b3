import PointModel

/// Reads the bodies of reads that are not searches.
enum ReadDecoder {
  static func retrieve(_ body: FieldReader) throws(DecodingFault) -> RetrieveRequest {
    try body.requireObject()
    try body.refuseShardKey()
    return RetrieveRequest(
      ids: try body.required("ids") { field throws(DecodingFault) in
        try field.map { id throws(DecodingFault) in try id.pointID() }
      },
      withPayload: try SelectorDecoder.payload(of: body, otherwise: .all),
      withVector: try SelectorDecoder.vector(of: body))
  }

  static func scroll(_ body: FieldReader) throws(DecodingFault) -> ScrollRequest {
    try body.requireObject()
    try body.refuseShardKey()
    try body.refuse("order_by")
    return ScrollRequest(
      offset: try body.optional("offset") { field throws(DecodingFault) in try field.pointID() },
      limit: try SearchParamsDecoder.limit(of: body, in: "scroll_request") ?? 10,
      filter: try SearchParamsDecoder.filter(of: body),
      withPayload: try SelectorDecoder.payload(of: body, otherwise: .all),
      withVector: try SelectorDecoder.vector(of: body))
  }

  static func count(_ body: FieldReader) throws(DecodingFault) -> CountRequest {
    try body.requireObject()
    try body.refuseShardKey()
    let exact = try body.optional("exact") { field throws(DecodingFault) in try field.bool() }
    return CountRequest(filter: try SearchParamsDecoder.filter(of: body), exact: exact ?? true)
  }
}
