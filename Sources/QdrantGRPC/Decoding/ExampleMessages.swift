import PointModel
import ProtoWire
import QdrantAPI

/// Reads queries by examples.
enum ExampleMessages {
  static func recommend(_ message: ProtoMessage) throws(DecodingFault) -> RecommendQuery {
    var query = RecommendQuery(positive: [])
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: try field.append(to: &query.positive, at: "positive", VectorMessages.queryVector)
      case 2: try field.append(to: &query.negative, at: "negative", VectorMessages.queryVector)
      case 3: query.strategy = try strategy(field)
      default: break
      }
    }
    return query
  }

  static func strategy(_ field: MessageField) throws(DecodingFault) -> RecommendQuery.Strategy {
    let number = try field.choice()
    switch number {
    case 0: return .averageVector
    case 1: return .bestScore
    case 2: return .sumScores
    default: throw .format("Unknown recommend strategy: \(number)")
    }
  }

  static func discover(_ message: ProtoMessage) throws(DecodingFault) -> Query {
    var target: QueryVector?
    var pairs: [ContextPair]?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: target = try field.message(at: "target", VectorMessages.queryVector)
      case 2: pairs = try field.message(at: "context", context)
      default: break
      }
    }
    guard let target else { throw .format("DiscoverInput target is missing") }
    guard let pairs else { throw .format("DiscoverInput context is missing") }
    return .discover(target: target, context: pairs)
  }

  static func context(_ message: ProtoMessage) throws(DecodingFault) -> [ContextPair] {
    var pairs: [ContextPair] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { try field.append(to: &pairs, at: "pairs", pair) }
    }
    return pairs
  }

  private static func pair(_ message: ProtoMessage) throws(DecodingFault) -> ContextPair {
    try pair(message, VectorMessages.queryVector)
  }

  /// A pair of examples, each of which `example` reads.
  private static func pair(
    _ message: ProtoMessage, _ example: (ProtoMessage) throws(DecodingFault) -> QueryVector
  ) throws(DecodingFault) -> ContextPair {
    var positive: QueryVector?
    var negative: QueryVector?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: positive = try field.message(at: "positive", example)
      case 2: negative = try field.message(at: "negative", example)
      default: break
      }
    }
    guard let positive, let negative else {
      throw .format("Both positive and negative are required in a context pair")
    }
    return ContextPair(positive: positive, negative: negative)
  }

  static func feedback(_ message: ProtoMessage) throws(DecodingFault) -> FeedbackQuery {
    var target: QueryVector?
    var examples: [FeedbackQuery.Example] = []
    var coefficients: FeedbackQuery.Coefficients?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: target = try field.message(at: "target", VectorMessages.queryVector)
      case 2: try field.append(to: &examples, at: "feedback", judgement)
      case 3: coefficients = try field.message(at: "strategy", self.coefficients)
      default: break
      }
    }
    guard let target else { throw .format("RelevanceFeedbackInput target is missing") }
    guard let coefficients else { throw .format("RelevanceFeedbackInput strategy is missing") }
    if examples.isEmpty { throw .validation("feedback elements must be non-empty") }
    return FeedbackQuery(target: target, examples: examples, coefficients: coefficients)
  }

  private static func judgement(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> FeedbackQuery.Example {
    var vector: QueryVector?
    var score: Float = 0
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: vector = try field.message(at: "example", VectorMessages.queryVector)
      case 2: score = try field.float()
      default: break
      }
    }
    guard let vector else { throw .format("FeedbackItem example is missing") }
    return FeedbackQuery.Example(vector, score: score)
  }

  private static func coefficients(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> FeedbackQuery.Coefficients? {
    var coefficients: FeedbackQuery.Coefficients?
    try message.read { field throws(DecodingFault) in
      guard field.number == 1 else { return }
      var found = FeedbackQuery.Coefficients(a: 0, b: 0, c: 0)
      try field.message().read { part throws(DecodingFault) in
        switch part.number {
        case 1: found.a = try part.float()
        case 2: found.b = try part.float()
        case 3: found.c = try part.float()
        default: break
        }
      }
      guard found.b >= 0 else {
        throw DecodingFault.validation("value \(found.b) invalid, must be 0.0 or larger").under("b")
      }
      coefficients = found
    }
    return coefficients
  }

  // MARK: Before universal queries

  /// The target of a discovery: one example.
  static func target(_ message: ProtoMessage) throws(DecodingFault) -> QueryVector? {
    var target: QueryVector?
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { target = try example(try field.message()) }
    }
    return target
  }

  static func legacyPair(_ message: ProtoMessage) throws(DecodingFault) -> ContextPair {
    try pair(message, example)
  }

  private static func example(_ message: ProtoMessage) throws(DecodingFault) -> QueryVector {
    var example: QueryVector?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: example = .point(try PointMessages.id(try field.message()))
      case 2:
        example = try field.message(at: "vector") { body throws(DecodingFault) in
          .value(try VectorMessages.vector(body, isStored: false))
        }
      default: break
      }
    }
    guard let example else { throw .format("VectorExample is malformed") }
    return example
  }
}
