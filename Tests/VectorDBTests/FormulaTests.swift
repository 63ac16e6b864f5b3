import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

/// Scores that are computed.
@Suite struct FormulaTests {
  private static let payload = """
    {"price":8,"none":null,"list":[3],"many":[1,2],"word":"x","when":"2024-01-01T00:00:10Z",
    "place":{"lon":0,"lat":1},"nested":{"n":0.5}}
    """

  /// The score of one point that scored 4 in the first prefetch and 3 in the second.
  private func score(_ formula: Formula) async throws -> Float {
    try await withResult { collection, _ in
      let node = { (vector: [Float]) in QueryNode(query: .nearest(.dense(vector))) }
      let request = QueryRequest(
        prefetch: [node([2, 0]), node([0, 1])], query: .formula(formula))
      return try await collection.query([request])[0][0].score
    }
  }

  private func withResult<Value>(
    _ body: (PointCollection, Database) async throws -> Value
  ) async throws -> Value {
    let fixture = try TemporaryDatabase()
    do {
      let collection = try await fixture.create(size: 2, distance: .dot)
      _ = try await collection.apply([.upsert([point(1, [2, 3], Self.payload)])])
      let value = try await body(collection, fixture.database)
      await fixture.remove()
      return value
    } catch {
      await fixture.remove()
      throw error
    }
  }

  private static func key(_ text: String) -> PayloadPath {
    PayloadPath(text) ?? PayloadPath(steps: [])
  }

  private static func payload(_ text: String) -> FormulaExpression { .payload(key(text)) }

  private static let values: [(FormulaExpression, Float)] = [
    (.constant(1.5), 1.5),
    (.score(0), 4), (.score(1), 3), (.score(7), 0),
    (payload("price"), 8), (payload("list"), 3), (payload("list[]"), 3), (payload("nested.n"), 0.5),
    (.sum([.score(0), payload("price"), .constant(-2)]), 10),
    (.sum([]), 0), (.product([]), 1),
    (.product([.score(0), .score(1)]), 12),
    // What comes behind a zero is not looked at.
    (.product([.score(7), payload("absent")]), 0),
    (.quotient(.score(7), payload("absent"), byZero: nil), 0),
    (.quotient(.score(0), .constant(0), byZero: 9), 9),
    (.quotient(.score(0), .constant(8), byZero: 9), 0.5),
    (.power(.score(0), .constant(0.5)), 2),
    (.function(.negation, .score(0)), -4), (.function(.absolute, .constant(-3)), 3),
    (.function(.squareRoot, .score(0)), 2), (.function(.exponential, .constant(0)), 1),
    (.function(.commonLogarithm, .constant(1000)), 3),
    (.function(.naturalLogarithm, .constant(1)), 0),
    (.condition(.match(key: key("word"), .value(.string("x")))), 1),
    (.condition(.hasID([.number(2)])), 0), (.condition(.hasVector("")), 1),
    (.datetime(Datetime(seconds: 7, fraction: 500_000)), 7.5),
    (
      .sum([
        .datetimeKey(key("when")),
        .function(.negation, .datetime(Datetime(seconds: 1_704_067_200))),
      ]), 10
    ),
    (.geoDistance(from: GeoPoint(longitude: 0, latitude: 0), to: key("place")), 111_195.08),
    (.decay(FormulaDecay(.linear, x: .constant(1))), 0.5),
    (.decay(FormulaDecay(.linear, x: .constant(9))), 0),
    (.decay(FormulaDecay(.exponential, x: .constant(-2), scale: 2, midpoint: 0.25)), 0.25),
    (.decay(FormulaDecay(.exponential, x: .score(0), target: .score(0))), 1),
    (.decay(FormulaDecay(.gaussian, x: .constant(4), target: .constant(2))), 0.0625),
  ]

  @Test(arguments: values.indices)
  func expressionsHaveValues(index: Int) async throws {
    let (expression, expected) = Self.values[index]
    let value = try await score(Formula(expression))
    #expect(abs(value - expected) <= 1e-6 * max(1, abs(expected)), "\(expression)")
  }

  @Test func defaultsStandForWhatIsMissing() async throws {
    let formula = Formula(
      .sum([.score(5), Self.payload("absent"), Self.payload("price")]), scoreDefaults: [5: 0.25],
      payloadDefaults: [Self.key("absent"): .integer(2), Self.key("price"): .integer(100)])
    let answer1 = try await score(formula)
    #expect(answer1 == 10.25)
  }

  private static let refusals: [(FormulaExpression, String)] = [
    (
      payload("absent"),
      "Expected number value for absent in the payload and/or in the formula defaults. Error: "
        + "No value found in a payload nor defaults"
    ),
    (
      payload("word"),
      "Expected number value for word in the payload and/or in the formula defaults. Error: "
        + "Value is not a number"
    ),
    (
      payload("many"),
      "Expected number value for many in the payload and/or in the formula defaults. Error: "
        + "Value is not a number"
    ),
    (
      .datetimeKey(key("price")),
      "Expected datetime value for price in the payload and/or in the formula defaults. Error: "
        + "Value is not a string"
    ),
    (
      .quotient(.score(0), .constant(0), byZero: nil),
      "The expression 4/0 = inf produced a non-finite number"
    ),
    (
      .function(.squareRoot, .constant(-3)),
      "The expression √-3 = NaN produced a non-finite number"
    ),
    (
      .power(.constant(-1), .constant(0.5)),
      "The expression -1^0.5 = NaN produced a non-finite number"
    ),
    (
      .function(.naturalLogarithm, .constant(0)),
      "The expression ln(0) = -inf produced a non-finite number"
    ),
    (
      .power(.constant(10), .constant(40)),
      "The expression 1\(String(repeating: "0", count: 40)) as f32 = inf produced a "
        + "non-finite number"
    ),
    (
      .function(.naturalLogarithm, .constant(-0.000_000_5)),
      "The expression ln(-0.0000005) = NaN produced a non-finite number"
    ),
  ]

  @Test(arguments: refusals.indices)
  func whatHasNoValueIsRefused(index: Int) async throws {
    let (expression, text) = Self.refusals[index]
    await #expect(throws: CollectionError.wrongInput(text)) {
      try await score(Formula(expression))
    }
  }

  @Test func anIndexHidesValuesOfOtherTypes() async throws {
    let value = try await withResult { collection, database in
      _ = try await database.createPayloadIndex(
        of: collection.name, at: Self.key("word"), PayloadFieldSchema(type: .integer))
      let formula = Formula(
        Self.payload("word"), payloadDefaults: [Self.key("word"): .double(1.5)])
      let request = QueryRequest(
        prefetch: [QueryNode(query: .nearest(.dense([1, 0])))], query: .formula(formula))
      return try await collection.query([request])[0][0].score
    }
    #expect(value == 1.5)
  }

  @Test func aThresholdMayBeEqualled() async throws {
    try await withResult { collection, _ in
      var request = QueryRequest(
        prefetch: [QueryNode(query: .nearest(.dense([1, 0])))],
        query: .formula(Formula(.constant(2))), scoreThreshold: 2)
      let equal = try await collection.query([request])[0]
      #expect(equal.count == 1)
      request.scoreThreshold = 2.5
      let higher = try await collection.query([request])[0]
      #expect(higher.isEmpty)
    }
  }
}
