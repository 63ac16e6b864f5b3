/// What a generator made of the passages.
public struct Answer: Sendable, Equatable {
  /// A short title.
  public var title: String
  /// The answer, with citations as `[n]`.
  public var summary: String
  /// From 0 to 1.
  public var confidence: Double
  /// The passages that the summary refers to.
  public var citations: [Citation]
  /// Who wrote it.
  public var generator: GeneratorNote
  /// Whether a simpler generator stepped in for the configured one.
  public var isDegraded: Bool

  /// An answer; `confidence` is brought into 0…1.
  public init(
    title: String, summary: String, confidence: Double, citations: [Citation],
    generator: GeneratorNote, isDegraded: Bool = false
  ) {
    self.title = title
    self.summary = summary
    self.confidence = confidence.isNaN ? 0 : min(max(confidence, 0), 1)
    self.citations = citations
    self.generator = generator
    self.isDegraded = isDegraded
  }
}
