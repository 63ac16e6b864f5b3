/// The least similarity that means something, by embedding model.
enum SimilarityThreshold {
  /// Measured for all-MiniLM-L6-v2: questions with an answer score 0.38 and more, questions
  /// without one at most 0.25. The other models' scales are their makers' common practice.
  static func standard(forModel model: String) -> Float {
    let name = (model.split(separator: "/").last.map(String.init) ?? model).lowercased()
    if name.hasPrefix("text-embedding-ada") { return 0.75 }
    if name.contains("e5-") { return 0.75 }
    return 0.30
  }
}
