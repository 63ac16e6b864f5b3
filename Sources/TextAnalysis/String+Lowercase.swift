extension String {
  /// The text in lower case; unlike `lowercased()` with the Greek sigma in its final form where it
  /// ends a word.
  func lowercasedInContext() -> String {
    guard utf8.contains(0xCE), unicodeScalars.contains("Σ") else { return lowercased() }
    var result = String.UnicodeScalarView()
    let scalars = Array(unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      if scalar == "Σ" {
        result.append(Self.endsWord(at: index, in: scalars) ? "ς" : "σ")
      } else {
        result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
      }
    }
    return String(result)
  }

  /// Unicode's condition `Final_Sigma`: behind a cased letter, and in front of none.
  private static func endsWord(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
    let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
    let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return before?.properties.isCased == true && after?.properties.isCased != true
  }
}
