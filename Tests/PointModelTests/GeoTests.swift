import PointModel
import Testing

@Suite struct GeoTests {
  private static func at(_ latitude: Double, _ longitude: Double) -> GeoPoint {
    GeoPoint(longitude: longitude, latitude: latitude)
  }

  private static func box(
    _ top: Double, _ left: Double, _ bottom: Double, _ right: Double
  ) -> GeoBoundingBox {
    GeoBoundingBox(topLeft: at(top, left), bottomRight: at(bottom, right))
  }

  @Test func boxesHaveNoEdges() {
    #expect(Self.box(30, 5, 10, 16).contains(Self.at(20, 10)))
    #expect(!Self.box(20, 5, 10, 16).contains(Self.at(20, 10)))
    #expect(!Self.box(30, 10, 10, 16).contains(Self.at(20, 10)))
    #expect(!Self.box(10, 5, 30, 16).contains(Self.at(20, 10)))
  }

  @Test func boxesCrossTheAntimeridian() {
    let box = Self.box(10, 179, -10, -179)
    for longitude in [179.5, -179.5, 180, -180] {
      #expect(box.contains(Self.at(1, longitude)))
    }
    #expect(!box.contains(Self.at(1, 0)))
    #expect(!box.contains(Self.at(1, 179)))
    #expect(!Self.box(10, -180, -10, -180).contains(Self.at(0, -180)))
  }

  @Test func circlesAreMeasuredOnTheSphere() {
    let berlin = Self.at(52.52197645, 13.413637435864272)
    let quarter = Self.at(0, 0).distance(to: Self.at(0, 90))
    #expect(abs(quarter - 10_007_557.22101796) < 1e-6)
    #expect(GeoRadius(center: Self.at(52.511, 13.423637), radius: 2000).contains(berlin))
    #expect(!GeoRadius(center: Self.at(52.511, 20.423637), radius: 2000).contains(berlin))
    #expect(!GeoRadius(center: berlin, radius: 0).contains(berlin))
    #expect(GeoRadius(center: Self.at(0, 180), radius: 60_000).contains(Self.at(0, -179.5)))
    #expect(Self.at(90, 0).distance(to: Self.at(-90, 0)) > 20_000_000)
  }

  private static func ring(_ places: [(Double, Double)]) -> [GeoPoint] {
    (places + places.prefix(1)).map { at($0.0, $0.1) }
  }

  @Test func polygonsHaveNoEdgesNorTheEdgesOfTheirHoles() throws {
    let square = Self.ring([(10, 5), (10, 16), (30, 16), (30, 5)])
    let polygon = try GeoPolygon(exterior: square)
    #expect(polygon.contains(Self.at(20, 10)))
    for (latitude, longitude) in [(10.0, 7.0), (20, 5), (10, 5), (9, 7), (20, 17), (31, 5)] {
      #expect(!polygon.contains(Self.at(latitude, longitude)))
    }
    let hole = Self.ring([(19, 9), (19, 11), (21, 11), (21, 9)])
    let holed = try GeoPolygon(exterior: square, interiors: [hole])
    #expect(holed.contains(Self.at(20, 12)))
    for (latitude, longitude) in [(20.0, 10.0), (19, 10), (19, 9)] {
      #expect(!holed.contains(Self.at(latitude, longitude)))
    }
  }

  @Test func polygonsGoEitherWayAround() throws {
    let notched = [(0.0, 0.0), (0, 4), (4, 4), (2, 2), (4, 0)]
    for places in [notched, notched.reversed()] {
      let polygon = try GeoPolygon(exterior: Self.ring(places))
      #expect(polygon.contains(Self.at(1, 2)))
      #expect(polygon.contains(Self.at(3, 0.5)))
      #expect(!polygon.contains(Self.at(3, 2)))
    }
  }

  /// Around twice is inside too.
  @Test func polygonsMayCrossThemselves() throws {
    let star = Self.ring([(3, 0), (-2, 2), (1, -2.5), (1, 2.5), (-2, -2)])
    #expect(try GeoPolygon(exterior: star).contains(Self.at(0, 0)))
    let bowTie = Self.ring([(0, 0), (4, 4), (4, 0), (0, 4)])
    #expect(try !GeoPolygon(exterior: bowTie).contains(Self.at(2, 1)))
  }

  @Test func outlinesAreClosedAndLongEnough() {
    let open = [Self.at(10, 5), Self.at(10, 16), Self.at(30, 16), Self.at(30, 5)]
    #expect(throws: GeoPolygon.Malformation.notClosed) { try GeoPolygon(exterior: open) }
    #expect(throws: GeoPolygon.Malformation.tooFewPoints(0)) { try GeoPolygon(exterior: []) }
    let square = Self.ring([(10, 5), (10, 16), (30, 16), (30, 5)])
    #expect(throws: GeoPolygon.Malformation.tooFewPoints(2)) {
      try GeoPolygon(exterior: square, interiors: [[Self.at(1, 1), Self.at(1, 1)]])
    }
  }
}
