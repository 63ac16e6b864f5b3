/// A circle, without its edge.
public struct GeoRadius: Sendable, Equatable {
  public var center: GeoPoint
  /// In meters.
  public var radius: Double

  public init(center: GeoPoint, radius: Double) {
    self.center = center
    self.radius = radius
  }

  public func contains(_ place: GeoPoint) -> Bool { center.distance(to: place) < radius }
}
