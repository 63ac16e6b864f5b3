import FastJSON
import PointModel

/// Reads queries by examples: vectors, or ids of points that have one.
enum ExampleQueryDecoder {
  static func recommend(_ field: FieldReader) throws(DecodingFault) -> Query {
    try field.requireObject()
    return .recommend(
      RecommendQuery(
        positive: try examples("positive", of: field),
        negative: try examples("negative", of: field),
        strategy: try strategy(of: field)))
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

  static func examples(
    _ key: String, of body: FieldReader
  ) throws(DecodingFault) -> [QueryVector] {
    try body.optional(key) { field throws(DecodingFault) in
      try field.map { example throws(DecodingFault) in try QueryDecoder.vector(example) }
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
