/// A rectangle of longitudes and latitudes, without its edges. It crosses the antimeridian when
/// its left edge lies east of its right one.
public struct GeoBoundingBox: Sendable, Equatable {
  /// The corner in the north-west.
  public var topLeft: GeoPoint
  /// The corner in the south-east.
  public var bottomRight: GeoPoint

  /// A rectangle between two corners.
  public init(topLeft: GeoPoint, bottomRight: GeoPoint) {
    self.topLeft = topLeft
    self.bottomRight = bottomRight
  }

  /// Whether a place lies within.
  public func contains(_ place: GeoPoint) -> Bool {
    guard place.latitude > bottomRight.latitude, place.latitude < topLeft.latitude else {
      return false
    }
    let isEastOfLeft = place.longitude > topLeft.longitude
    let isWestOfRight = place.longitude < bottomRight.longitude
    return topLeft.longitude > bottomRight.longitude
      ? isEastOfLeft || isWestOfRight : isEastOfLeft && isWestOfRight
  }
}
