import PointModel
import ProtoWire
import QdrantAPI

/// A read of one collection as a client asked for it.
struct ReadMessage<Request: Sendable>: Sendable {
  var collection = ""
  /// Seconds that the client gives the call.
  var timeout: Int?
  var request: Request
}

/// Reads universal queries, alone, in batches and grouped.
enum QueryMessages {
  /// The numbers that the parts of a query have in a message.
  private struct Parts {
    var prefetch: UInt32
    var query: UInt32
    var using: UInt32
    var filter: UInt32
    var params: UInt32
    var threshold: UInt32
    var limit: UInt32
    var offset: UInt32 = 0
    var vectors: UInt32 = 0
    var payload: UInt32 = 0
    var shardKey: UInt32 = 0
    var lookup: UInt32
    var timeout: UInt32 = 0
  }

  private static let prefetchParts = Parts(
    prefetch: 1, query: 2, using: 3, filter: 4, params: 5, threshold: 6, limit: 7, lookup: 8)
  private static let queryParts = Parts(
    prefetch: 2, query: 3, using: 4, filter: 5, params: 6, threshold: 7, limit: 8, offset: 9,
    vectors: 10, payload: 11, shardKey: 13, lookup: 14, timeout: 15)
  /// The limit of groups is none of points.
  private static let groupsParts = Parts(
    prefetch: 2, query: 3, using: 4, filter: 5, params: 6, threshold: 7, limit: 0, vectors: 9,
    payload: 8, shardKey: 17, lookup: 10, timeout: 16)

  static func query(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    let read = try request(message, queryParts)
    return ReadMessage(collection: read.collection, timeout: read.timeout, request: [read.request])
  }

  static func batch(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[QueryRequest]> {
    var read = ReadMessage<[QueryRequest]>(request: [])
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case 2:
        try field.append(to: &read.request, at: "query_points") { body throws(DecodingFault) in
          try request(body, queryParts).request
        }
      case 4: read.timeout = try field.integer(from: 1, at: "timeout")
      default: break
      }
    }
    return read
  }

  static func groups(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<GroupsRequest> {
    let read = try request(message, groupsParts)
    return ReadMessage(
      collection: read.collection, timeout: read.timeout,
      request: try GroupMessages.groups(
        message, query: read.request,
        GroupMessages.Parts(groupBy: 13, size: 12, limit: 11, lookup: 15)))
  }

  private static func request(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> ReadMessage<QueryRequest> {
    var read = ReadMessage(request: QueryRequest())
    read.request.root = try node(message, parts)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: read.collection = try field.string()
      case parts.vectors:
        read.request.withVector = try PointMessages.vectorSelector(try field.message())
      case parts.payload:
        read.request.withPayload = try PointMessages.payloadSelector(try field.message())
      case parts.shardKey: throw SearchMessages.shardKey
      case parts.timeout: read.timeout = try field.integer(from: 1, at: "timeout")
      default: break
      }
    }
    return read
  }

  private static func node(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> QueryNode {
    var node = QueryNode()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case parts.prefetch:
        try field.append(to: &node.prefetch, at: "prefetch") { body throws(DecodingFault) in
          try self.node(body, prefetchParts)
        }
      case parts.query: node.query = try field.message(at: "query", query)
      case parts.using: node.using = try field.string()
      case parts.filter: node.filter = try field.message(at: "filter", FilterMessages.filter)
      case parts.params: node.params = try field.message(at: "params", SearchMessages.params)
      case parts.threshold: node.scoreThreshold = try field.float()
      case parts.limit: node.limit = try field.integer(from: 1, at: "limit")
      case parts.offset: node.offset = try field.integer(at: "offset")
      case parts.lookup: node.lookupFrom = try SearchMessages.lookup(try field.message())
      default: break
      }
    }
    return node
  }

  private static func query(_ message: ProtoMessage) throws(DecodingFault) -> Query {
    var query: Query?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: query = .nearest(try VectorMessages.queryVector(try field.message()))
      case 2: query = .recommend(try ExampleMessages.recommend(try field.message()))
      case 3: query = try ExampleMessages.discover(try field.message())
      case 4: query = .context(try ExampleMessages.context(try field.message()))
      case 5: query = .orderBy(try SearchMessages.orderBy(try field.message()))
      case 6: query = .fusion(try fusion(field))
      case 7: query = try sample(field)
      case 8: query = .formula(try field.message(at: "formula", FormulaMessages.formula))
      case 9: query = try mmr(try field.message())
      case 10: query = .fusion(try reciprocalRank(try field.message()))
      case 11: query = .feedback(try ExampleMessages.feedback(try field.message()))
      default: break
      }
    }
    guard let query else { throw .format("Query variant is required") }
    return query
  }

  private static func fusion(_ field: MessageField) throws(DecodingFault) -> Fusion {
    let number = try field.choice()
    switch number {
    case 0: return .reciprocalRank()
    case 1: return .scoreDistribution
    default: throw .format("Unknown fusion: \(number)")
    }
  }

  private static func sample(_ field: MessageField) throws(DecodingFault) -> Query {
    let number = try field.choice()
    guard number == 0 else { throw .format("Unknown sample: \(number)") }
    return .sample
  }

  private static func reciprocalRank(_ message: ProtoMessage) throws(DecodingFault) -> Fusion {
    var k = 2
    var weights: [Float] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: k = try field.integer(from: 1, at: "k")
      case 2: try field.append(to: &weights)
      default: break
      }
    }
    return .reciprocalRank(k: k, weights: weights.isEmpty ? nil : weights)
  }

  private static func mmr(_ message: ProtoMessage) throws(DecodingFault) -> Query {
    var nearest: QueryVector?
    var diversity: Float = 0.5
    var candidates: Int?
    var isDiversified = false
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: nearest = try VectorMessages.queryVector(try field.message())
      case 2:
        isDiversified = true
        try field.message().read { part throws(DecodingFault) in
          switch part.number {
          case 2:
            diversity = try part.float()
            guard (0...1).contains(diversity) else {
              throw DecodingFault.validation("value \(diversity) invalid, must be from 0.0 to 1.0")
                .under("diversity")
            }
          case 3:
            let limit = try part.uint32()
            guard limit <= 16384 else {
              throw DecodingFault.validation("value \(limit) invalid, must be 16384 or smaller")
                .under("candidates_limit")
            }
            candidates = Int(limit)
          default: break
          }
        }
      default: break
      }
    }
    guard let nearest else { throw .format("nearest is required for MMR") }
    return isDiversified
      ? .mmr(nearest, diversity: diversity, candidates: candidates) : .nearest(nearest)
  }
}
