import FastJSON
import PointModel

/// Reads the members that queries and legacy searches have in common.
enum SearchParamsDecoder {
  /// `params`. Settings of graphs are checked; but for `hnsw_ef` they have no effect.
  static func params(of body: FieldReader) throws(DecodingFault) -> SearchParams {
    try body.optional("params") { field throws(DecodingFault) in
      var params = SearchParams()
      try field.forEachField { name, value throws(DecodingFault) in
        if value.isNull { return }
        switch name {
        case "hnsw_ef": params.hnswEf = try value.integer(from: 1)
        case "exact": params.exact = try value.bool()
        case "indexed_only": params.indexedOnly = try value.bool()
        case "quantization":
          _ = try SettingsSchema.quantizationSearch.read(value)
          params.oversampling = value["oversampling"]?.element.double
          params.rescore = value["rescore"]?.element.bool
          params.ignoresCodes = value["ignore"]?.element.bool ?? false
        case "idf": params.idf = try idfScope(value)
        case "acorn": _ = try SettingsSchema.acorn.read(value)
        case "ivf": params.ivf = try ivf(value)
        default: break
        }
      }
      return params
    } ?? SearchParams()
  }

  private static func idfScope(_ body: FieldReader) throws(DecodingFault) -> IDFScope {
    switch body.element.kind {
    case .string:
      _ = try body.choice(["global"])
      return .global
    case .object:
      return .corpus(
        try body.required("corpus") { field throws(DecodingFault) in
          try FilterDecoder.filter(field)
        })
    default:
      throw .format("data did not match any variant of untagged enum IdfParams")
    }
  }

  private static func ivf(_ body: FieldReader) throws(DecodingFault) -> IVFSearchParams {
    try body.requireObject()
    let recall = try body.optional("recall") { field throws(DecodingFault) in
      try field.double(from: 0.01, through: 1)
    }
    let probes = try body.optional("nprobe") { field throws(DecodingFault) in
      try field.integer(from: 1)
    }
    switch (recall, probes) {
    case (let recall?, nil): return .recall(recall)
    case (nil, let probes?): return .probes(probes)
    default: throw .validation("exactly one of `recall` and `nprobe` is wanted")
    }
  }

  /// What is searched and returned, apart from the query and the limit.
  static func readCommon(
    _ body: FieldReader, into request: inout QueryRequest
  ) throws(DecodingFault) {
    request.filter = try filter(of: body)
    request.params = try params(of: body)
    request.scoreThreshold = try scoreThreshold(of: body)
    request.offset = try offset(of: body)
    request.withPayload = try SelectorDecoder.payload(of: body, otherwise: .none)
    request.withVector = try SelectorDecoder.vector(of: body)
  }

  static func scoreThreshold(of body: FieldReader) throws(DecodingFault) -> Float? {
    try body.optional("score_threshold") { field throws(DecodingFault) in try field.float() }
  }

  static func filter(of body: FieldReader) throws(DecodingFault) -> Filter? {
    try body.optional("filter") { field throws(DecodingFault) in try FilterDecoder.filter(field) }
  }

  static func offset(of body: FieldReader) throws(DecodingFault) -> Int {
    try body.optional("offset") { field throws(DecodingFault) in try field.integer() } ?? 0
  }

  /// `limit`. Qdrant checks it in an inner structure called `scope`, which shows in the text.
  ///
  /// - Parameter alias: An older name of the member, used when `limit` is absent.
  static func limit(
    of body: FieldReader, in scope: String, alias: String? = nil
  ) throws(DecodingFault) -> Int? {
    guard let field = body["limit"] ?? alias.flatMap({ body[$0] }) else { return nil }
    do throws(DecodingFault) {
      return try field.integer(from: 1)
    } catch {
      let fault = error.under("limit")
      throw fault.kind == .validation ? fault.under(scope) : fault
    }
  }
}
