/// How an index is built.
public struct IVFParameters: Sendable, Equatable {
  /// How many inverted lists to train; `nil` chooses from the number of rows.
  public var listCount: Int?
  /// Whether every vector is entered into a second list as well, which finds more with fewer
  /// probes (SOAR, arXiv 2404.00774).
  public var assignsTwice: Bool
  /// What sampling and the rotation are drawn from: the same seed and rows give the same index.
  public var seed: UInt64

  /// Parameters with what is not named at its default.
  public init(listCount: Int? = nil, assignsTwice: Bool = true, seed: UInt64 = 0x5EED) {
    self.listCount = listCount
    self.assignsTwice = assignsTwice
    self.seed = seed
  }
}
