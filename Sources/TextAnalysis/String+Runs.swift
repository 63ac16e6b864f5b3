import PointModel

extension String {
  /// The longest runs of letters and digits.
  var alphanumericRuns: [String] { runs { $0.isAlphanumeric } }

  /// The longest runs without whitespace.
  var nonBlankRuns: [String] { runs { !$0.properties.isWhitespace } }

  /// The longest runs of scalars that all are as wanted.
  func runs(where isPart: (Unicode.Scalar) -> Bool) -> [String] {
    var runs: [String] = []
    let scalars = unicodeScalars
    var start: String.Index?
    var index = scalars.startIndex
    while index < scalars.endIndex {
      if isPart(scalars[index]) {
        if start == nil { start = index }
      } else if let first = start {
        runs.append(String(scalars[first..<index]))
        start = nil
      }
      index = scalars.index(after: index)
    }
    if let start { runs.append(String(scalars[start...])) }
    return runs
  }
}
