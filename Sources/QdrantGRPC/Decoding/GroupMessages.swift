import PointModel
import ProtoWire
import QdrantAPI

/// Reads how the results of a search are grouped.
enum GroupMessages {
  /// The numbers that the parts have in a message.
  struct Parts {
    var groupBy: UInt32
    var size: UInt32
    var limit: UInt32
    var lookup: UInt32
    /// Whether sizes have no defaults.
    var needsSizes = false
  }

  /// The search `query`, grouped as `message` says.
  static func groups(
    _ message: ProtoMessage, query: QueryRequest, _ parts: Parts
  ) throws(DecodingFault) -> GroupsRequest {
    var key: PayloadPath?
    var size: Int?
    var limit: Int?
    var lookup: GroupLookup?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case parts.groupBy: key = try SearchMessages.path(field, at: "group_by")
      case parts.size: size = try field.integer(from: 1, at: "group_size")
      case parts.limit: limit = try field.integer(from: 1, at: "limit")
      case parts.lookup: lookup = try SearchMessages.groupLookup(try field.message())
      default: break
      }
    }
    guard let key else { throw SearchMessages.empty("group_by") }
    if parts.needsSizes {
      for (value, name) in [(size, "group_size"), (limit, "limit")] where value == nil {
        throw DecodingFault.validation("value 0 invalid, must be 1 or larger").under(name)
      }
    }
    var request = GroupsRequest(query: query, groupBy: key)
    if let size { request.groupSize = size }
    if let limit { request.limit = limit }
    request.lookup = lookup
    return request
  }
}
