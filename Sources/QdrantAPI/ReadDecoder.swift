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
    return ScrollRequest(
      offset: try body.optional("offset") { field throws(DecodingFault) in try field.pointID() },
      limit: try SearchParamsDecoder.limit(of: body, in: "scroll_request"),
      filter: try SearchParamsDecoder.filter(of: body),
      withPayload: try SelectorDecoder.payload(of: body, otherwise: .all),
      withVector: try SelectorDecoder.vector(of: body),
      orderBy: try body.optional("order_by") { field throws(DecodingFault) in
        try OrderByDecoder.orderBy(field)
      })
  }

  static func facet(_ body: FieldReader) throws(DecodingFault) -> FacetRequest {
    try body.requireObject()
    try body.refuseShardKey()
    let exact = try body.optional("exact") { field throws(DecodingFault) in try field.bool() }
    return FacetRequest(
      key: try body.required("key") { field throws(DecodingFault) in try field.payloadPath() },
      limit: try SearchParamsDecoder.limit(of: body, in: "facet_request"),
      filter: try SearchParamsDecoder.filter(of: body), exact: exact ?? false)
  }

  static func matrix(_ body: FieldReader) throws(DecodingFault) -> MatrixRequest {
    try body.requireObject()
    try body.refuseShardKey()
    var request = MatrixRequest(filter: try SearchParamsDecoder.filter(of: body))
    do throws(DecodingFault) {
      let sample = try body.optional("sample") { field throws(DecodingFault) in
        try field.integer(from: 2)
      }
      if let sample { request.sample = sample }
    } catch {
      throw error.kind == .validation ? error.under("search_request") : error
    }
    let limit = try SearchParamsDecoder.limit(of: body, in: "search_request")
    if let limit { request.limit = limit }
    let using = try body.optional("using") { field throws(DecodingFault) in try field.string() }
    request.using = using ?? ""
    try FilterDecoder.refuseUnknown(
      in: body, but: ["shard_key", "filter", "sample", "limit", "using"])
    return request
  }

  static func count(_ body: FieldReader) throws(DecodingFault) -> CountRequest {
    try body.requireObject()
    try body.refuseShardKey()
    let exact = try body.optional("exact") { field throws(DecodingFault) in try field.bool() }
    return CountRequest(filter: try SearchParamsDecoder.filter(of: body), exact: exact ?? true)
  }
}
