import Glibc
import PayloadIndex
import PointModel
import RowSets

/// Answers conditions on places from the index of a field.
///
/// The words of an index lead to a place within a tenth of a meter or so: a place near the edge of
/// an area is tested on its record.
struct IndexedPlaces {
  private let field: PayloadIndexView.Field

  /// More than words are away from their places.
  private static let meters = 0.1
  /// Along a meridian.
  private static let metersPerDegree = 111_195.0
  private static let radians = Double.pi / 180

  init(_ field: PayloadIndexView.Field) {
    self.field = field
  }

  func answer(_ box: GeoBoundingBox) -> FilterAnswer {
    let (left, right) = (box.topLeft.longitude, box.bottomRight.longitude)
    guard box.bottomRight.latitude <= box.topLeft.latitude else {
      return FilterAnswer(exactly: .none)
    }
    let latitudes = box.bottomRight.latitude...box.topLeft.latitude
    // Across the antimeridian there are two rectangles.
    let longitudes =
      left > right ? [Self.range(left, 180), Self.range(-180, right)] : [Self.range(left, right)]
    let inner = Self.box(box, widenedBy: -GeoCell.precision)
    let outer = Self.box(box, widenedBy: GeoCell.precision)
    // A box that shrinks to nothing, or grows around the globe, has no inside to be sure of, and no
    // outside.
    let isWide = abs(left - right) > 4 * GeoCell.precision
    return answer(longitudes.compactMap { $0 }, latitudes) { place in
      guard isWide else { return nil }
      return inner.contains(place) ? true : outer.contains(place) ? nil : false
    }
  }

  /// A box with its edges moved outwards, by so many degrees.
  private static func box(_ box: GeoBoundingBox, widenedBy margin: Double) -> GeoBoundingBox {
    GeoBoundingBox(
      topLeft: GeoPoint(
        longitude: box.topLeft.longitude - margin, latitude: box.topLeft.latitude + margin),
      bottomRight: GeoPoint(
        longitude: box.bottomRight.longitude + margin,
        latitude: box.bottomRight.latitude - margin))
  }

  func answer(_ circle: GeoRadius) -> FilterAnswer {
    let degrees = max(0, circle.radius) / Self.metersPerDegree * 1.001 + GeoCell.precision
    let center = circle.center
    guard center.isOnEarth else {
      return FilterAnswer(sure: .none, possible: .only(field.index.rows(.valued)))
    }
    let latitudes = max(-90, center.latitude - degrees)...min(90, center.latitude + degrees)
    let longitudes = longitudes(around: center, degrees, latitudes)
    return answer(longitudes, latitudes) { place in
      let distance = center.distance(to: place)
      if distance > circle.radius + Self.meters { return false }
      return distance < circle.radius - Self.meters ? true : nil
    }
  }

  /// The longitudes that a circle reaches: all of them if it holds a pole.
  private func longitudes(
    around center: GeoPoint, _ degrees: Double, _ latitudes: ClosedRange<Double>
  ) -> [ClosedRange<Double>] {
    if latitudes.lowerBound <= -90 || latitudes.upperBound >= 90 { return [-180...180] }
    let sine = sin(min(degrees, 90) * Self.radians) / cos(center.latitude * Self.radians)
    guard sine < 1 else { return [-180...180] }
    let reach = asin(sine) / Self.radians + GeoCell.precision
    let (left, right) = (center.longitude - reach, center.longitude + reach)
    let parts =
      if left < -180 {
        [Self.range(left + 360, 180), Self.range(-180, right)]
      } else if right > 180 {
        [Self.range(left, 180), Self.range(-180, right - 360)]
      } else {
        [Self.range(left, right)]
      }
    return parts.compactMap { $0 }
  }

  func answer(_ polygon: GeoPolygon) -> FilterAnswer {
    let longitudes = polygon.exterior.map(\.longitude)
    let latitudes = polygon.exterior.map(\.latitude)
    guard let left = longitudes.min(), let right = longitudes.max(), let low = latitudes.min(),
      let high = latitudes.max()
    else { return FilterAnswer(exactly: .none) }
    return answer([left...right], low...high) { _ in nil }
  }

  // MARK: Parts

  private static func range(_ from: Double, _ through: Double) -> ClosedRange<Double>? {
    from <= through ? from...through : nil
  }

  /// - Parameter verdict: whether a place passes; `nil` when it is too near to the edge to tell.
  private func answer(
    _ longitudes: [ClosedRange<Double>], _ latitudes: ClosedRange<Double>,
    _ verdict: (GeoPoint) -> Bool?
  ) -> FilterAnswer {
    guard case .geo = field.params else {
      return FilterAnswer(sure: .none, possible: .only(field.index.rows(.valued)))
    }
    let margin = GeoCell.precision
    let widened = latitudes.lowerBound - margin...latitudes.upperBound + margin
    let cells = longitudes.flatMap { range in
      GeoCell.cover(
        longitudes: range.lowerBound - margin...range.upperBound + margin, latitudes: widened)
    }
    let found = field.index.rows(wordsIn: cells) { word in
      let place = GeoCell.place(word)
      return verdict(GeoPoint(longitude: place.longitude, latitude: place.latitude))
    }
    return FilterAnswer(
      found.sure, orPerhaps: found.perhaps.union(field.index.rows(.foreign)))
  }
}
