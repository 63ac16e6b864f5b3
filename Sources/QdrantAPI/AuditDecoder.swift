import PointModel

/// Reads the body that asks for lines of the audit log.
enum AuditDecoder {
  static func query(_ body: FieldReader) throws(DecodingFault) -> AuditQuery {
    try body.requireObject("struct AuditLogRequest")
    var query = AuditQuery()
    query.from = try body.optional("time_from", moment)
    query.to = try body.optional("time_to", moment)
    let limit = try body.optional("limit") { field throws(DecodingFault) in
      try field.integer(from: 1, through: UInt64(AuditQuery.limitMax))
    }
    if let limit { query.limit = limit }
    try body["filters"]?.forEachField { (name, field) throws(DecodingFault) in
      query.filters[name] = try field.string()
    }
    return query
  }

  private static func moment(_ field: FieldReader) throws(DecodingFault) -> Datetime {
    guard let moment = Datetime(try field.string()) else {
      throw .format("invalid value: \(field.found), expected an RFC 3339 date and time")
    }
    return moment
  }
}
