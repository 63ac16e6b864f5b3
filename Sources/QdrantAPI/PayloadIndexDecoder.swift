import FastJSON
public import PointModel

/// What `PUT /collections/{name}/index` asks for.
public struct PayloadIndexRequest: Sendable, Equatable {
  /// The field's path in the payloads.
  public var path: PayloadPath
  /// How it is to be indexed.
  public var schema: PayloadFieldSchema

  /// An index of the field at `path`.
  public init(path: PayloadPath, schema: PayloadFieldSchema) {
    self.path = path
    self.schema = schema
  }
}

/// Reads the bodies that create payload indexes.
enum PayloadIndexDecoder {
  static func request(_ body: FieldReader) throws(DecodingFault) -> PayloadIndexRequest {
    let path = try body.required("field_name") { field throws(DecodingFault) in
      try field.payloadPath()
    }
    let key = body["field_schema"] == nil ? "field_type" : "field_schema"
    guard let schema = try body.optional(key, schema) else {
      throw .badRequest(
        "Can't auto-detect field type, please specify `field_schema` in the request")
    }
    return PayloadIndexRequest(path: path, schema: schema)
  }

  /// A type's name, or an object with the type and its parameters.
  static func schema(_ field: FieldReader) throws(DecodingFault) -> PayloadFieldSchema {
    if let name = field.element.string {
      guard let type = PayloadIndexType(rawValue: name) else { throw noVariant }
      return PayloadFieldSchema(type: type)
    }
    guard field.element.kind == .object, let name = field["type"]?.element.string,
      let type = PayloadIndexType(rawValue: name)
    else { throw noVariant }
    return PayloadFieldSchema(try params(of: type, field))
  }

  private static let noVariant = DecodingFault.format(
    "data did not match any variant of untagged enum PayloadFieldSchema")

  private static func params(
    of type: PayloadIndexType, _ field: FieldReader
  ) throws(DecodingFault) -> PayloadIndexParams {
    let placement = IndexPlacement(
      onDisk: try field.flag("on_disk"), memory: try memory(field),
      enableHNSW: try field.flag("enable_hnsw"))
    switch type {
    case .keyword:
      return .keyword(
        KeywordIndexParams(
          isTenant: try field.flag("is_tenant"), prefix: try field.flag("prefix"),
          placement: placement))
    case .integer:
      let lookup = try field.flag("lookup")
      let range = try field.flag("range")
      if lookup == false, range == false {
        throw DecodingFault.validation(
          "Validation error: the 'lookup' and 'range' capabilities can't be both disabled [{}]"
        ).under("lookup")
      }
      return .integer(
        IntegerIndexParams(
          lookup: lookup, range: range, isPrincipal: try field.flag("is_principal"),
          placement: placement))
    case .float:
      return .float(
        FloatIndexParams(isPrincipal: try field.flag("is_principal"), placement: placement))
    case .datetime:
      return .datetime(
        DatetimeIndexParams(isPrincipal: try field.flag("is_principal"), placement: placement))
    case .uuid:
      return .uuid(UUIDIndexParams(isTenant: try field.flag("is_tenant"), placement: placement))
    case .geo: return .geo(GeoIndexParams(placement: placement))
    case .bool: return .bool(BoolIndexParams(placement: placement))
    case .text: return .text(try TextIndexDecoder.params(field, placement))
    }
  }

  private static func memory(
    _ field: FieldReader
  ) throws(DecodingFault) -> IndexPlacement.Memory? {
    let name = try field.optional("memory") { memory throws(DecodingFault) in
      try memory.choice(IndexPlacement.Memory.allCases.map(\.rawValue))
    }
    return name.flatMap(IndexPlacement.Memory.init)
  }
}

extension FieldReader {
  /// The boolean called `key`, `nil` when it is absent or `null`.
  func flag(_ key: String) throws(DecodingFault) -> Bool? {
    try optional(key) { field throws(DecodingFault) in try field.bool() }
  }
}
