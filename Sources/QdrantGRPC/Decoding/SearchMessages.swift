import PointModel
import ProtoWire
import QdrantAPI

/// Reads what queries and the searches before them have in common.
enum SearchMessages {
  static func params(_ message: ProtoMessage) throws(DecodingFault) -> SearchParams {
    var params = SearchParams()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: params.hnswEf = try field.integer(from: 1, at: "hnsw_ef")
      case 2: params.exact = try field.bool()
      case 3:
        try field.message(at: "quantization") { codes throws(DecodingFault) in
          try readCodes(codes, into: &params)
        }
      case 4: params.indexedOnly = try field.bool()
      case 5: try field.message(at: "acorn", checkACORN)
      case 6: params.idf = try field.message(at: "idf", idfScope)
      default: break
      }
    }
    return params
  }

  private static func readCodes(
    _ message: ProtoMessage, into params: inout SearchParams
  ) throws(DecodingFault) {
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: params.ignoresCodes = try field.bool()
      case 2: params.rescore = try field.bool()
      case 3:
        let value = try field.double()
        guard value >= 1 else {
          throw DecodingFault.validation("value \(value) invalid, must be 1.0 or larger")
            .under("oversampling")
        }
        params.oversampling = value
      default: break
      }
    }
  }

  private static func idfScope(_ message: ProtoMessage) throws(DecodingFault) -> IDFScope {
    var scope = IDFScope.global
    try message.read { field throws(DecodingFault) in
      guard field.number == 1 else { return }
      scope = .corpus(try field.message(at: "corpus", FilterMessages.filter))
    }
    return scope
  }

  private static func checkACORN(_ message: ProtoMessage) throws(DecodingFault) {
    try message.read { field throws(DecodingFault) in
      guard field.number == 2 else { return }
      let value = try field.double()
      guard (0...1).contains(value) else {
        throw DecodingFault.validation("value \(value) invalid, must be from 0.0 to 1.0")
          .under("max_selectivity")
      }
    }
  }

  static func lookup(_ message: ProtoMessage) throws(DecodingFault) -> LookupLocation {
    var lookup = LookupLocation(collection: "", vector: nil)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: lookup.collection = try field.string()
      case 2: lookup.vector = try field.string()
      case 3: throw shardKey
      default: break
      }
    }
    return lookup
  }

  static func groupLookup(_ message: ProtoMessage) throws(DecodingFault) -> GroupLookup {
    var lookup = GroupLookup(collection: "")
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: lookup.collection = try field.string()
      case 2: lookup.withPayload = try PointMessages.payloadSelector(try field.message())
      case 3: lookup.withVector = try PointMessages.vectorSelector(try field.message())
      default: break
      }
    }
    return lookup
  }

  static func orderBy(_ message: ProtoMessage) throws(DecodingFault) -> OrderBy {
    var key: PayloadPath?
    var direction = OrderBy.Direction.ascending
    var start: OrderStart?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: key = try PayloadMessages.path(field)
      // Of other numbers nobody takes notice.
      case 2: direction = try field.choice() == 1 ? .descending : .ascending
      case 3: start = try field.message(at: "start_from", self.start)
      default: break
      }
    }
    guard let key else { throw .format("Invalid json path: ''") }
    return OrderBy(key: key, direction: direction, start: start)
  }

  private static func start(_ message: ProtoMessage) throws(DecodingFault) -> OrderStart? {
    var start: OrderStart?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: start = .number(.double(try field.double()))
      case 2: start = .number(.integer(try field.int64()))
      case 3: start = .datetime(try FieldConditionMessages.timestamp(try field.message()))
      case 4:
        guard let moment = Datetime(try field.string()) else { throw .format("Malformed datetime") }
        start = .datetime(moment)
      default: break
      }
    }
    return start
  }

  /// The fault for what is meant for one of a collection's shards.
  static var shardKey: DecodingFault { .unsupported("`shard_key` is") }

  /// A text that must not be empty.
  static func path(
    _ field: MessageField, at key: String
  ) throws(DecodingFault) -> PayloadPath {
    guard try !field.string().isEmpty else { throw empty(key) }
    return try PayloadMessages.path(field)
  }

  /// The fault for a text that is not there.
  static func empty(_ key: String) -> DecodingFault {
    DecodingFault.validation("value \"\" invalid, must be at least 1 characters").under(key)
  }
}
