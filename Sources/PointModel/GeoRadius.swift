/// A circle, without its edge.
public struct GeoRadius: Sendable, Equatable {
  /// The middle.
  public var center: GeoPoint
  /// In meters.
  public var radius: Double

  /// A circle of `radius` meters.
  public init(center: GeoPoint, radius: Double) {
    self.center = center
    self.radius = radius
  }

  /// Whether a place lies within.
  public func contains(_ place: GeoPoint) -> Bool { center.distance(to: place) < radius }
}
