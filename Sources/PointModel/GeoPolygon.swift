/// A polygon with holes, without the edges of either, in the plane of longitudes and latitudes:
/// it does not know of the antimeridian.
public struct GeoPolygon: Sendable, Equatable {
  /// The outline: at least four places, the last the same as the first.
  public let exterior: [GeoPoint]
  /// The outlines of holes, each of the same form.
  public let interiors: [[GeoPoint]]

  /// - Throws: ``Malformation`` when an outline has too few places or is not closed.
  public init(
    exterior: [GeoPoint], interiors: [[GeoPoint]] = []
  ) throws(Malformation) {
    for ring in [exterior] + interiors {
      guard ring.count >= 4 else { throw .tooFewPoints(ring.count) }
      guard ring.first == ring.last else { throw .notClosed }
    }
    self.exterior = exterior
    self.interiors = interiors
  }

  /// Why places make no polygon.
  public enum Malformation: Error, Equatable {
    case tooFewPoints(Int)
    case notClosed
  }

  /// Whether a place lies within the outline, outside of the holes, and on no edge.
  public func contains(_ place: GeoPoint) -> Bool {
    Self.position(of: place, in: exterior) == .inside
      && interiors.allSatisfy { Self.position(of: place, in: $0) == .outside }
  }

  private enum Position {
    case inside
    case outside
    case onEdge
  }

  /// Counts how often the outline winds around the place: after Sunday, "Inclusion of a Point in a
  /// Polygon", 2001.
  private static func position(of place: GeoPoint, in ring: [GeoPoint]) -> Position {
    var windings = 0
    for index in ring.indices.dropLast() {
      let (start, end) = (ring[index], ring[index + 1])
      let side =
        (end.longitude - start.longitude) * (place.latitude - start.latitude)
        - (place.longitude - start.longitude) * (end.latitude - start.latitude)
      if side == 0, isWithin(place, start, end) { return .onEdge }
      if start.latitude <= place.latitude {
        if end.latitude > place.latitude, side > 0 { windings += 1 }
      } else if end.latitude <= place.latitude, side < 0 {
        windings -= 1
      }
    }
    return windings == 0 ? .outside : .inside
  }

  /// Whether `place` lies in the rectangle that `a` and `b` span.
  private static func isWithin(_ place: GeoPoint, _ a: GeoPoint, _ b: GeoPoint) -> Bool {
    place.longitude >= min(a.longitude, b.longitude)
      && place.longitude <= max(a.longitude, b.longitude)
      && place.latitude >= min(a.latitude, b.latitude)
      && place.latitude <= max(a.latitude, b.latitude)
  }
}
