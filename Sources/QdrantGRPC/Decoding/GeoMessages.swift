import PointModel
import ProtoWire
import QdrantAPI

/// Reads areas of the Earth.
enum GeoMessages {
  static func point(_ message: ProtoMessage) throws(DecodingFault) -> GeoPoint {
    var place = GeoPoint(longitude: 0, latitude: 0)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: place.longitude = try field.double()
      case 2: place.latitude = try field.double()
      default: break
      }
    }
    return place
  }

  static func box(_ message: ProtoMessage) throws(DecodingFault) -> GeoBoundingBox {
    var topLeft: GeoPoint?
    var bottomRight: GeoPoint?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: topLeft = try point(try field.message())
      case 2: bottomRight = try point(try field.message())
      default: break
      }
    }
    guard let topLeft, let bottomRight else { throw .format("Malformed GeoBoundingBox type") }
    return GeoBoundingBox(topLeft: topLeft, bottomRight: bottomRight)
  }

  static func radius(_ message: ProtoMessage) throws(DecodingFault) -> GeoRadius {
    var center: GeoPoint?
    var radius: Float = 0
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: center = try point(try field.message())
      case 2: radius = try field.float()
      default: break
      }
    }
    guard let center else { throw .format("Malformed GeoRadius type") }
    return GeoRadius(center: center, radius: Double(radius))
  }

  static func polygon(_ message: ProtoMessage) throws(DecodingFault) -> GeoPolygon {
    var exterior: [GeoPoint]?
    var interiors: [[GeoPoint]] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: exterior = try ring(try field.message())
      case 2: interiors.append(try ring(try field.message()))
      default: break
      }
    }
    guard let exterior else {
      throw .format("Malformed GeoPolygon type - field `exterior` is required")
    }
    do {
      return try GeoPolygon(exterior: exterior, interiors: interiors)
    } catch {
      switch error {
      case .tooFewPoints(let count):
        throw .validation("polygon invalid, the size must be at least 4, got \(count)")
      case .notClosed:
        throw .validation(
          "polygon invalid, the first and the last points should be the same to form a closed "
            + "line")
      }
    }
  }

  private static func ring(_ message: ProtoMessage) throws(DecodingFault) -> [GeoPoint] {
    var points: [GeoPoint] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { points.append(try point(try field.message())) }
    }
    return points
  }
}
