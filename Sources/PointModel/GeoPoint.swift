import Glibc

/// A place on Earth, in degrees.
public struct GeoPoint: Sendable, Hashable {
  /// Degrees east of Greenwich.
  public var longitude: Double
  /// Degrees north of the equator.
  public var latitude: Double

  /// A place by its degrees.
  public init(longitude: Double, latitude: Double) {
    self.longitude = longitude
    self.latitude = latitude
  }

  /// Whether longitude and latitude lie within ±180 and ±90 degrees.
  public var isOnEarth: Bool { abs(longitude) <= 180 && abs(latitude) <= 90 }

  /// Meters along the great circle, by the haversine formula.
  public func distance(to other: GeoPoint) -> Double {
    let radians = Double.pi / 180
    let latitudeSine = sin((other.latitude - latitude) * radians / 2)
    let longitudeSine = sin((other.longitude - longitude) * radians / 2)
    let a =
      latitudeSine * latitudeSine + cos(latitude * radians) * cos(other.latitude * radians)
      * longitudeSine * longitudeSine
    return Self.earthRadius * 2 * asin(sqrt(min(1, a)))
  }

  /// The mean radius of the Earth in meters, as defined by the IUGG.
  static let earthRadius = 6_371_008.8
}
