import PointModel
import QdrantAPI
import Testing

@Suite struct FieldConditionTests {
  private func condition(_ json: String) throws -> Condition? {
    try decoded(#"{"filter":{"must":\#(json)}}"#, RequestDecoder.count).filter?.must.first
  }

  private static let place = #"{"lon":13.4,"lat":52}"#
  private static let point = GeoPoint(longitude: 13.4, latitude: 52)
  private static let ring =
    #"{"points":[{"lon":0,"lat":0},{"lon":1,"lat":0},{"lon":1,"lat":1},{"lon":0,"lat":0}]}"#
  private static let corners = [(0.0, 0.0), (1, 0), (1, 1), (0, 0)].map {
    GeoPoint(longitude: $0.0, latitude: $0.1)
  }

  @Test func ranges() throws {
    #expect(
      try condition(#"{"key":"a","range":{"gte":"2024-01-01","lt":"2024-06-01T12:00:00+02:00"}}"#)
        == .datetimeRange(
          key: path("a"),
          DatetimeRange(
            lessThan: Datetime("2024-06-01T10:00:00Z"),
            greaterThanOrEqual: Datetime("2024-01-01"))))
    #expect(
      try condition(#"{"key":"a","values_count":{"gt":1,"lte":4,"lt":null}}"#)
        == .valuesCount(key: path("a"), ValuesCount(lessThanOrEqual: 4, greaterThan: 1)))
    #expect(
      try condition(#"{"key":"a","values_count":{}}"#)
        == .valuesCount(key: path("a"), ValuesCount()))
  }

  @Test func areas() throws {
    let box = #"{"top_left":\#(Self.place),"bottom_right":{"lon":-1,"lat":-2.5}}"#
    #expect(
      try condition(#"{"key":"a","geo_bounding_box":\#(box)}"#)
        == .geoBoundingBox(
          key: path("a"),
          GeoBoundingBox(
            topLeft: Self.point, bottomRight: GeoPoint(longitude: -1, latitude: -2.5))))
    #expect(
      try condition(#"{"key":"a","geo_radius":{"center":\#(Self.place),"radius":1000}}"#)
        == .geoRadius(key: path("a"), GeoRadius(center: Self.point, radius: 1000)))
    #expect(
      try condition(#"{"key":"a","geo_polygon":{"exterior":\#(Self.ring),"interiors":null}}"#)
        == .geoPolygon(key: path("a"), try GeoPolygon(exterior: Self.corners)))
    #expect(
      try condition(
        #"{"key":"a","geo_polygon":{"exterior":\#(Self.ring),"interiors":[\#(Self.ring)]}}"#)
        == .geoPolygon(
          key: path("a"), try GeoPolygon(exterior: Self.corners, interiors: [Self.corners])))
  }

  @Test func nestedAndSlice() throws {
    #expect(
      try condition(
        #"{"nested":{"key":"a[].b","filter":{"must_not":{"key":"x","match":{"value":1}}}}}"#)
        == .nested(
          key: path("a[].b"),
          Filter(mustNot: [.match(key: path("x"), .value(.integer(1)))])))
    #expect(
      try condition(#"{"slice":{"total":4294967295,"index":4294967294}}"#)
        == .slice(PointSlice(total: 4_294_967_295, index: 4_294_967_294)))
  }

  @Test(arguments: [
    (
      #"{"key":"a","match":{"value":1},"values_count":{"gt":1},"is_empty":true}"#,
      Condition.valuesCount(key: path("a"), ValuesCount(greaterThan: 1))
    ),
    (#"{"key":"a","match":{"value":1},"is_empty":true,"is_null":true}"#, .isEmpty(key: path("a"))),
    (#"{"key":"a","match":{"value":1},"is_null":false}"#, .not(.isNull(key: path("a")))),
    (#"{"key":"a[]","is_empty":true}"#, .isEmpty(key: path("a[]"))),
    (#"{"key":"a[]","is_empty":false}"#, .not(.isEmpty(key: path("a[]")))),
    (#"{"key":"a[].b","is_null":true}"#, .isNull(key: path("a[].b"))),
    (#"{"key":"a[].b","is_null":false}"#, .not(.isNull(key: path("a[].b")))),
  ])
  func oneOfSeveralGoesFirst(json: String, expected: Condition) throws {
    #expect(try condition(json) == expected)
  }

  @Test func oneOfNoneNeverHoldsInNestedObjects() throws {
    let nothing = Filter(should: [.hasID([])])
    #expect(
      try condition(#"{"nested":{"key":"a","filter":{"must":{"should":[]}}}}"#)
        == .nested(key: path("a"), Filter(must: [.filter(nothing)])))
    #expect(
      try condition(#"{"nested":{"key":"a","filter":{"should":null,"must":[]}}}"#)
        == .nested(key: path("a"), Filter()))
    #expect(try condition(#"{"should":[]}"#) == .filter(Filter()))
  }

  private static func must(_ condition: String) -> String {
    #"{"filter":{"must":[\#(condition)]}}"#
  }

  private static func polygon(_ points: String) -> String {
    must(#"{"key":"a","geo_polygon":{"exterior":{"points":[\#(points)]}}}"#)
  }

  @Test(
    arguments: [
      .format(
        must(#"{"key":"a","geo_radius":{"center":{"lon":10,"lat":95},"radius":1}}"#),
        "filter.must[0].geo_radius.center: Wrong format of GeoPoint payload: "
          + "expected `lat` = 95 within [-90;90] and `lon` = 10 within [-180;180]"),
      .format(
        must(#"{"key":"a","geo_radius":{"center":{"lon":-180.5,"lat":0},"radius":1}}"#),
        "filter.must[0].geo_radius.center: Wrong format of GeoPoint payload: "
          + "expected `lat` = 0 within [-90;90] and `lon` = -180.5 within [-180;180]"),
      .format(
        must(#"{"key":"a","geo_radius":{}}"#),
        "filter.must[0].geo_radius: missing field `center`"),
      .format(
        must(#"{"key":"a","geo_radius":{"center":{"lon":1},"radius":1}}"#),
        "filter.must[0].geo_radius.center: missing field `lat`"),
      .format(
        must(#"{"key":"a","geo_bounding_box":{"top_left":{"lon":1,"lat":1}}}"#),
        "filter.must[0].geo_bounding_box: missing field `bottom_right`"),
      .format(
        polygon(#"{"lon":0,"lat":0},{"lon":0,"lat":0}"#),
        "filter.must[0].geo_polygon: polygon invalid, the size must be at least 4, got 2"),
      .format(
        polygon(
          #"{"lon":0,"lat":0},{"lon":1,"lat":0},{"lon":1,"lat":1},{"lon":0,"lat":1}"#),
        "filter.must[0].geo_polygon: polygon invalid, the first and the last points should be the "
          + "same to form a closed line"),
      .format(
        must(#"{"slice":{"total":0,"index":0}}"#),
        "filter.must[0].slice.total: invalid value: integer `0`, expected a nonzero u32"),
      .format(
        must(#"{"slice":{"total":4294967296,"index":0}}"#),
        "filter.must[0].slice.total: invalid value: integer `4294967296`, expected u32"),
      .format(
        must(#"{"slice":{"total":2}}"#), "filter.must[0].slice: missing field `index`"),
      .validation(
        must(#"{"slice":{"total":2,"index":2}}"#),
        "filter.must[0].slice: index must be less than total"),
      .format(
        must(#"{"nested":{"key":"a"}}"#), "filter.must[0].nested: missing field `filter`"),
      .format(
        must(#"{"nested":{"key":"a","filter":{"mist":[]}}}"#),
        "filter.must[0].nested.filter: unknown field `mist`, expected one of `should`, "
          + "`min_should`, `must`, `must_not`"),
      .format(
        must(#"{"nested":{"key":"a","filter":{},"x":1}}"#),
        "filter.must[0].nested: unknown field `x`, expected one of `key`, `filter`"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.count)
  }
}
