import PointModel
import ProtoWire
import QdrantAPI

/// Reads requests for points and for figures about them that are no searches.
enum ReadMessages {
  static func retrieve(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<RetrieveRequest> {
    var read = ReadMessage(request: RetrieveRequest(ids: [], withPayload: .none))
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case 2: try field.append(to: &read.request.ids, at: "ids", PointMessages.id)
      case 4: read.request.withPayload = try PointMessages.payloadSelector(try field.message())
      case 5: read.request.withVector = try PointMessages.vectorSelector(try field.message())
      case 7: throw SearchMessages.shardKey
      case 8: read.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    return read
  }

  static func scroll(_ message: ProtoMessage) throws(DecodingFault) -> ReadMessage<ScrollRequest> {
    var read = ReadMessage(request: ScrollRequest(withPayload: .none))
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case 2: read.request.filter = try field.message(at: "filter", FilterMessages.filter)
      case 3: read.request.offset = try PointMessages.id(try field.message())
      case 4: read.request.limit = try field.integer(from: 1, at: "limit")
      case 6: read.request.withPayload = try PointMessages.payloadSelector(try field.message())
      case 7: read.request.withVector = try PointMessages.vectorSelector(try field.message())
      case 9: throw SearchMessages.shardKey
      case 10: read.request.orderBy = try field.message(at: "order_by", SearchMessages.orderBy)
      case 11: read.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    return read
  }

  static func count(_ message: ProtoMessage) throws(DecodingFault) -> ReadMessage<CountRequest> {
    var read = ReadMessage(request: CountRequest())
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case 2: read.request.filter = try field.message(at: "filter", FilterMessages.filter)
      case 3: read.request.exact = try field.bool()
      case 5: throw SearchMessages.shardKey
      case 6: read.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    return read
  }

  static func facet(_ message: ProtoMessage) throws(DecodingFault) -> ReadMessage<FacetRequest> {
    var collection = ""
    var timeout: Int?
    var key: PayloadPath?
    var limit = 10
    var filter: Filter?
    var exact = false
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: collection = try field.string()
      case 2: key = try SearchMessages.path(field, at: "key")
      case 3: filter = try field.message(at: "filter", FilterMessages.filter)
      case 4: limit = try field.integer(from: 1, at: "limit")
      case 5: exact = try field.bool()
      case 6: timeout = try field.integer(from: 1, at: "timeout")
      case 8: throw SearchMessages.shardKey
      default: break
      }
    }
    guard let key else { throw SearchMessages.empty("key") }
    return ReadMessage(
      collection: collection, timeout: timeout,
      request: FacetRequest(key: key, limit: limit, filter: filter, exact: exact))
  }

  static func matrix(_ message: ProtoMessage) throws(DecodingFault) -> ReadMessage<MatrixRequest> {
    // Here a bound on limits concerns those that are left out as well, as in Qdrant.
    var read = ReadMessage(request: MatrixRequest(sample: 10, limit: 3))
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case 2: read.request.filter = try field.message(at: "filter", FilterMessages.filter)
      case 3: read.request.sample = try field.integer(from: 2, at: "sample")
      case 4: read.request.limit = try field.integer(from: 1, at: "limit")
      case 5: read.request.using = try field.string()
      case 6: read.timeout = try field.integer(from: 1, at: "timeout")
      case 8: throw SearchMessages.shardKey
      default: break
      }
    }
    return read
  }
}
