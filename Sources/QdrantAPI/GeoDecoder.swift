import FastJSON
import PointModel

/// Reads areas of the Earth.
enum GeoDecoder {
  static func boundingBox(_ body: FieldReader) throws(DecodingFault) -> GeoBoundingBox {
    try body.requireObject("a geo bounding box")
    let box = GeoBoundingBox(
      topLeft: try body.required("top_left", point),
      bottomRight: try body.required("bottom_right", point))
    try FilterDecoder.refuseUnknown(in: body, but: ["top_left", "bottom_right"])
    return box
  }

  static func radius(_ body: FieldReader) throws(DecodingFault) -> GeoRadius {
    try body.requireObject("a geo radius")
    let circle = GeoRadius(
      center: try body.required("center", point),
      radius: try body.required("radius") { field throws(DecodingFault) in try field.double() })
    try FilterDecoder.refuseUnknown(in: body, but: ["center", "radius"])
    return circle
  }

  static func polygon(_ body: FieldReader) throws(DecodingFault) -> GeoPolygon {
    try body.requireObject("a geo polygon")
    let exterior = try body.required("exterior", ring)
    let interiors =
      try body.optional("interiors") { field throws(DecodingFault) in try field.map(ring) } ?? []
    try FilterDecoder.refuseUnknown(in: body, but: ["exterior", "interiors"])
    do {
      return try GeoPolygon(exterior: exterior, interiors: interiors)
    } catch {
      switch error {
      case .tooFewPoints(let count):
        throw .format("polygon invalid, the size must be at least 4, got \(count)")
      case .notClosed:
        throw .format(
          "polygon invalid, the first and the last points should be the same to form a closed "
            + "line")
      }
    }
  }

  private static func ring(_ body: FieldReader) throws(DecodingFault) -> [GeoPoint] {
    try body.requireObject("a line of geo points")
    let points = try body.required("points") { field throws(DecodingFault) in
      try field.map(point)
    }
    try FilterDecoder.refuseUnknown(in: body, but: ["points"])
    return points
  }

  static func point(_ body: FieldReader) throws(DecodingFault) -> GeoPoint {
    try body.requireObject("a geo point")
    let place = GeoPoint(
      longitude: try body.required("lon") { field throws(DecodingFault) in try field.double() },
      latitude: try body.required("lat") { field throws(DecodingFault) in try field.double() })
    guard place.isOnEarth else {
      throw .format(
        "Wrong format of GeoPoint payload: expected `lat` = \(place.latitude.shown) within "
          + "[-90;90] and `lon` = \(place.longitude.shown) within [-180;180]")
    }
    return place
  }
}
