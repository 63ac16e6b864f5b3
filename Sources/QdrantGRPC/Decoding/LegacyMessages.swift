import PointModel
import ProtoWire
import QdrantAPI

/// Reads the searches, recommendations and discoveries that preceded universal queries.
enum LegacyMessages {
  /// The numbers that the parts have in a message; 0 for one that it cannot have.
  private struct Parts {
    var filter: UInt32
    var limit: UInt32
    var payload: UInt32
    var params: UInt32
    var threshold: UInt32 = 0
    var offset: UInt32 = 0
    var using: UInt32
    var vectors: UInt32
    var lookup: UInt32 = 0
    var timeout: UInt32
    var shardKey: UInt32
  }

  private static let searchParts = Parts(
    filter: 3, limit: 4, payload: 6, params: 7, threshold: 8, offset: 9, using: 10, vectors: 11,
    timeout: 13, shardKey: 14)
  private static let searchGroupsParts = Parts(
    filter: 3, limit: 0, payload: 5, params: 6, threshold: 7, using: 8, vectors: 9, timeout: 14,
    shardKey: 15)
  private static let recommendParts = Parts(
    filter: 4, limit: 5, payload: 7, params: 8, threshold: 9, offset: 10, using: 11, vectors: 12,
    lookup: 13, timeout: 19, shardKey: 20)
  private static let recommendGroupsParts = Parts(
    filter: 4, limit: 0, payload: 6, params: 7, threshold: 8, using: 9, vectors: 10, lookup: 11,
    timeout: 20, shardKey: 21)
  private static let discoverParts = Parts(
    filter: 4, limit: 5, payload: 6, params: 7, offset: 8, using: 9, vectors: 10, lookup: 11,
    timeout: 13, shardKey: 14)

  // MARK: Requests

  static func search(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    try one(message, searchRequest)
  }

  static func searchBatch(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    try batch(message, at: "search_points", searchRequest)
  }

  static func searchGroups(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<GroupsRequest> {
    let read = try request(
      message, searchGroupsParts, query: try nearest(message, sparseIndices: 16))
    return try groups(
      message, read,
      GroupMessages.Parts(groupBy: 10, size: 11, limit: 4, lookup: 13, needsSizes: true))
  }

  static func recommend(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    try one(message, recommendRequest)
  }

  static func recommendBatch(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    try batch(message, at: "recommend_points", recommendRequest)
  }

  static func recommendGroups(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<GroupsRequest> {
    let read = try request(
      message, recommendGroupsParts,
      query: .recommend(try examples(message, strategy: 17, positive: 18, negative: 19)))
    return try groups(
      message, read,
      GroupMessages.Parts(groupBy: 12, size: 13, limit: 5, lookup: 15, needsSizes: true))
  }

  static func discover(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    try one(message, discoverRequest)
  }

  static func discoverBatch(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    try batch(message, at: "discover_points", discoverRequest)
  }

  // MARK: Kinds

  private static func searchRequest(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<QueryRequest> {
    try request(message, searchParts, query: try nearest(message, sparseIndices: 15))
  }

  private static func recommendRequest(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<QueryRequest> {
    try request(
      message, recommendParts,
      query: .recommend(try examples(message, strategy: 16, positive: 17, negative: 18)))
  }

  private static func discoverRequest(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<QueryRequest> {
    var target: QueryVector?
    var pairs: [ContextPair] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 2: target = try field.message(at: "target", ExampleMessages.target)
      case 3: try field.append(to: &pairs, at: "context", ExampleMessages.legacyPair)
      default: break
      }
    }
    let query = target.map { Query.discover(target: $0, context: pairs) } ?? .context(pairs)
    return try request(message, discoverParts, query: query)
  }

  private static func nearest(
    _ message: ProtoMessage, sparseIndices: UInt32
  ) throws(DecodingFault) -> Query {
    var values: [Float] = []
    var indices: [UInt32]?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 2: try field.append(to: &values)
      case sparseIndices: indices = try VectorMessages.indices(try field.message())
      default: break
      }
    }
    guard let indices else { return .nearest(.dense(values)) }
    return .nearest(.value(.sparse(try VectorMessages.sparse(indices, values))))
  }

  private static func examples(
    _ message: ProtoMessage, strategy: UInt32, positive: UInt32, negative: UInt32
  ) throws(DecodingFault) -> RecommendQuery {
    var query = RecommendQuery(positive: [])
    var given: (positive: [QueryVector], negative: [QueryVector]) = ([], [])
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 2: query.positive.append(.point(try PointMessages.id(try field.message())))
      case 3: query.negative.append(.point(try PointMessages.id(try field.message())))
      case strategy: query.strategy = try ExampleMessages.strategy(field)
      case positive: try field.append(to: &given.positive, at: "positive_vectors", vector)
      case negative: try field.append(to: &given.negative, at: "negative_vectors", vector)
      default: break
      }
    }
    query.positive += given.positive
    query.negative += given.negative
    return query
  }

  private static func vector(_ message: ProtoMessage) throws(DecodingFault) -> QueryVector {
    .value(try VectorMessages.vector(message, isStored: false))
  }

  // MARK: Parts

  private static func one(
    _ message: ProtoMessage,
    _ body: (ProtoMessage) throws(DecodingFault) -> ReadMessage<QueryRequest>
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    let read = try body(message)
    return ReadMessage(collection: read.collection, timeout: read.timeout, request: [read.request])
  }

  private static func batch(
    _ message: ProtoMessage, at key: String,
    _ body: (ProtoMessage) throws(DecodingFault) -> ReadMessage<QueryRequest>
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    var read = ReadMessage<[QueryRequest]>(request: [])
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case 2:
        try field.append(to: &read.request, at: key) { entry throws(DecodingFault) in
          try body(entry).request
        }
      case 4: read.timeout = try field.integer(from: 1, at: "timeout")
      default: break
      }
    }
    return read
  }

  private static func groups(
    _ message: ProtoMessage, _ read: ReadMessage<QueryRequest>, _ parts: GroupMessages.Parts
  ) throws(DecodingFault) -> ReadMessage<GroupsRequest> {
    ReadMessage(
      collection: read.collection, timeout: read.timeout,
      request: try GroupMessages.groups(message, query: read.request, parts))
  }

  private static func request(
    _ message: ProtoMessage, _ parts: Parts, query: Query
  ) throws(DecodingFault) -> ReadMessage<QueryRequest> {
    var read = ReadMessage(request: QueryRequest(query: query, limit: 0))
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case parts.filter:
        read.request.filter = try field.message(at: "filter", FilterMessages.filter)
      case parts.limit: read.request.limit = try field.integer(at: "limit")
      case parts.payload:
        read.request.withPayload = try PointMessages.payloadSelector(try field.message())
      case parts.params:
        read.request.params = try field.message(at: "params", SearchMessages.params)
      case parts.threshold: read.request.scoreThreshold = try field.float()
      case parts.offset: read.request.offset = try field.integer(at: "offset")
      case parts.using: read.request.using = try field.string()
      case parts.vectors:
        read.request.withVector = try PointMessages.vectorSelector(try field.message())
      case parts.lookup: read.request.lookupFrom = try SearchMessages.lookup(try field.message())
      case parts.timeout: read.timeout = try field.integer(from: 1, at: "timeout")
      case parts.shardKey: throw SearchMessages.shardKey
      default: break
      }
    }
    if parts.limit != 0, read.request.limit == 0 {
      throw DecodingFault.validation("value 0 invalid, must be 1 or larger").under("limit")
    }
    return read
  }
}
