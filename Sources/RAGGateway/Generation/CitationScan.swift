/// The `[n]` in a summary that a language model wrote, checked against the passages.
package struct CitationScan: Sendable, Equatable {
  /// The summary without references to passages that do not exist.
  package let summary: String
  /// The passages referred to, from 1, in the order of first mention.
  package let numbers: [Int]

  /// Scans `text`; only 1…`count` are passages. `[1, 3]` counts as two references.
  package init(_ text: String, passages count: Int) {
    var kept = ""
    var numbers: [Int] = []
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "[") {
      kept += rest[..<open]
      let after = rest[rest.index(after: open)...]
      guard let close = after.firstIndex(of: "]"), let found = Self.numbers(in: after[..<close])
      else {
        kept.append("[")
        rest = after
        continue
      }
      let known = found.filter { $0 >= 1 && $0 <= count }
      kept += known.map { "[\($0)]" }.joined()
      if known.isEmpty, kept.last == " " { kept.removeLast() }
      for number in known where !numbers.contains(number) { numbers.append(number) }
      rest = after[after.index(after: close)...]
    }
    summary = kept + rest
    self.numbers = numbers
  }

  private static func numbers(in text: Substring) -> [Int]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.map { part -> Int? in
      let digits = part.trimmed
      return digits.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? Int(digits) : nil
    }
    return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
  }
}
