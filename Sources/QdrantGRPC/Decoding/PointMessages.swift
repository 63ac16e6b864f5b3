import PointModel
import ProtoWire
import QdrantAPI

/// Reads points, their ids, and which points an operation applies to.
enum PointMessages {
  static func id(_ message: ProtoMessage) throws(DecodingFault) -> PointID {
    var id: PointID?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: id = .number(try field.uint64())
      case 2:
        let text = try field.string()
        guard let uuid = PointUUID(text) else {
          throw .format("Unable to parse UUID: \(text.prefix(200))")
        }
        id = .uuid(uuid)
      default: break
      }
    }
    guard let id else { throw .format("No ID options provided") }
    return id
  }

  static func point(_ message: ProtoMessage) throws(DecodingFault) -> Point {
    var id: PointID?
    var vectors: [NamedVector]?
    var payload: [ProtoMessage] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: id = try Self.id(try field.message())
      case 3: payload.append(try field.message())
      case 4: vectors = try field.message(at: "vectors", VectorMessages.vectors)
      default: break
      }
    }
    guard let vectors else { throw .format("Expected some vectors") }
    guard let id else { throw .format("Empty ID is not allowed") }
    return Point(id: id, vectors: vectors, payload: try PayloadMessages.payload(payload))
  }

  static func pointVectors(_ message: ProtoMessage) throws(DecodingFault) -> PointVectors {
    var id: PointID?
    var vectors: [NamedVector]?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: id = try Self.id(try field.message())
      case 2: vectors = try field.message(at: "vectors", VectorMessages.vectors)
      default: break
      }
    }
    guard let id else { throw .format("id is expected") }
    guard let vectors else { throw .format("No Vector Provided") }
    return PointVectors(id: id, vectors: vectors)
  }

  static func selector(_ message: ProtoMessage) throws(DecodingFault) -> PointSelector {
    var selector: PointSelector?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1:
        var ids: [PointID] = []
        try field.message().read { list throws(DecodingFault) in
          if list.number == 1 { try list.append(to: &ids, at: "ids", Self.id) }
        }
        selector = .ids(ids)
      case 2: selector = .filter(try field.message(at: "filter", FilterMessages.filter))
      default: break
      }
    }
    guard let selector else { throw .format("Malformed PointsSelector type") }
    return selector
  }

  /// A list of names.
  static func names(_ message: ProtoMessage) throws(DecodingFault) -> [String] {
    var names: [String] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { names.append(try field.string()) }
    }
    return names
  }

  static func payloadSelector(_ message: ProtoMessage) throws(DecodingFault) -> PayloadSelector {
    var selector: PayloadSelector?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: selector = try field.bool() ? .all : PayloadSelector.none
      case 2: selector = .include(try paths(try field.message()))
      case 3: selector = .exclude(try paths(try field.message()))
      default: break
      }
    }
    guard let selector else { throw .format("No PayloadSelector") }
    return selector
  }

  static func vectorSelector(_ message: ProtoMessage) throws(DecodingFault) -> VectorSelector {
    var selector = VectorSelector.none
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: selector = try field.bool() ? .all : .none
      case 2: selector = .names(try names(try field.message()))
      default: break
      }
    }
    return selector
  }

  private static func paths(_ message: ProtoMessage) throws(DecodingFault) -> [PayloadPath] {
    var paths: [PayloadPath] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { paths.append(try PayloadMessages.path(field)) }
    }
    return paths
  }
}
