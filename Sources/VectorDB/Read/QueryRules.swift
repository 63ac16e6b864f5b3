import PointModel

/// What a tree of queries may be, with Qdrant's texts for what it may not.
enum QueryRules {
  /// Refuses trees that are too large, and what goes together nowhere in them.
  static func check(_ root: QueryNode, within limits: Limits) throws(CollectionError) {
    if root.depth > limits.queryDepthMax {
      throw .wrongInput(
        """
        Validation failed: prefetches depth \(root.depth) exceeds max depth \
        \(limits.queryDepthMax)
        """)
    }
    if root.count > limits.queryNodesMax {
      throw .badRequest("a query may not have more than \(limits.queryNodesMax) prefetches")
    }
    try check(node: root, within: limits)
  }

  private static func check(
    node: QueryNode, within limits: Limits
  ) throws(CollectionError) {
    if !node.prefetch.isEmpty, node.query == nil {
      throw .badRequest(
        """
        A query is needed to merge the prefetches. Can't have prefetches without defining a query.
        """)
    }
    if node.scoreThreshold != nil {
      if node.query == nil {
        throw .badRequest(
          """
          A query is needed to use the score_threshold. Can't have score_threshold without \
          defining a query.
          """)
      }
      if case .orderBy = node.query {
        throw .badRequest("Can't use score_threshold with an order_by query.")
      }
    }
    switch node.query {
    case .fusion:
      if !node.using.isEmpty {
        throw .badRequest("Fusion queries cannot be combined with the 'using' field.")
      }
      if node.prefetch.isEmpty {
        throw .wrongInput("Validation failed: cannot apply Fusion without prefetches")
      }
    case .formula(let formula):
      try check(formula, within: limits)
      if node.prefetch.isEmpty {
        throw .wrongInput("Validation failed: cannot apply Formula without prefetches")
      }
    default: break
    }
    for child in node.prefetch { try check(node: child, within: limits) }
  }

  private static func check(
    _ formula: Formula, within limits: Limits
  ) throws(CollectionError) {
    if formula.expression.count > limits.formulaSizeMax {
      throw .badRequest("a formula may not have more than \(limits.formulaSizeMax) expressions")
    }
  }
}
