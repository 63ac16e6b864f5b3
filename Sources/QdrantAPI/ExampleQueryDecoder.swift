import FastJSON
import PointModel

/// Reads queries by examples: vectors, or ids of points that have one.
enum ExampleQueryDecoder {
  static func recommend(_ field: FieldReader) throws(DecodingFault) -> Query {
    try field.requireObject()
    let query = RecommendQuery(
      positive: try examples("positive", of: field),
      negative: try examples("negative", of: field),
      strategy: try strategy(of: field))
    if query.positive.isEmpty, query.negative.isEmpty {
      throw DecodingFault.validation(
        "At least one positive or negative vector/id must be provided"
      ).under("positives, negatives")
    }
    return .recommend(query)
  }

  static func strategy(
    of body: FieldReader
  ) throws(DecodingFault) -> RecommendQuery.Strategy {
    let name = try body.optional("strategy") { field throws(DecodingFault) in
      try field.choice(["average_vector", "best_score", "sum_scores"])
    }
    return switch name {
    case "best_score": .bestScore
    case "sum_scores": .sumScores
    default: .averageVector
    }
  }

  /// Examples to be like or unlike. An empty vector has a dimension that no collection has, and is
  /// refused as such.
  static func examples(
    _ key: String, of body: FieldReader
  ) throws(DecodingFault) -> [QueryVector] {
    try body.optional(key) { field throws(DecodingFault) in
      try field.map { example throws(DecodingFault) in
        try QueryDecoder.vector(example, allowsEmpty: true)
      }
    } ?? []
  }

  /// A target, and a context that must be named even when it is `null`.
  static func discover(_ field: FieldReader) throws(DecodingFault) -> Query {
    let target = try field.required("target") { input throws(DecodingFault) in
      try QueryDecoder.vector(input)
    }
    let context = try field.required("context") { input throws(DecodingFault) in
      try pairs(input)
    }
    return .discover(target: target, context: context)
  }

  static func feedback(_ field: FieldReader) throws(DecodingFault) -> Query {
    let target = try field.required("target") { input throws(DecodingFault) in
      try QueryDecoder.vector(input)
    }
    let examples = try field.required("feedback") { list throws(DecodingFault) in
      try list.map { entry throws(DecodingFault) in
        FeedbackQuery.Example(
          try entry.required("example") { input throws(DecodingFault) in
            try QueryDecoder.vector(input)
          },
          score: try entry.required("score") { score throws(DecodingFault) in try score.float() })
      }
    }
    let coefficients = try field.required("strategy") { strategy throws(DecodingFault) in
      try strategy.required("naive") { naive throws(DecodingFault) in
        try Self.coefficients(naive)
      }
    }
    if examples.isEmpty { throw .validation("feedback elements must be non-empty") }
    return .feedback(
      FeedbackQuery(target: target, examples: examples, coefficients: coefficients))
  }

  private static func coefficients(
    _ naive: FieldReader
  ) throws(DecodingFault) -> FeedbackQuery.Coefficients {
    FeedbackQuery.Coefficients(
      a: try naive.required("a") { field throws(DecodingFault) in try field.float() },
      b: try naive.required("b") { field throws(DecodingFault) in try field.float(from: 0) },
      c: try naive.required("c") { field throws(DecodingFault) in try field.float() })
  }

  /// One pair, or a list of pairs; `null` is none.
  static func pairs(_ field: FieldReader) throws(DecodingFault) -> [ContextPair] {
    switch field.element.kind {
    case .null: return []
    case .array: return try field.map { entry throws(DecodingFault) in try pair(entry) }
    default: return [try pair(field)]
    }
  }

  private static func pair(_ entry: FieldReader) throws(DecodingFault) -> ContextPair {
    ContextPair(
      positive: try entry.required("positive") { input throws(DecodingFault) in
        try QueryDecoder.vector(input)
      },
      negative: try entry.required("negative") { input throws(DecodingFault) in
        try QueryDecoder.vector(input)
      })
  }
}
