/// An answer whose pieces were shown while it was written, beside the one that counts: a reply may
/// have been repaired, or another generator have stepped in.
enum SaidAnswer {
  /// What has to be shown behind `said` so that the reader has `summary`.
  static func rest(of summary: String, after said: String) -> String {
    if said.trimmed.isEmpty { return summary }
    if summary.hasPrefix(said) { return String(summary.dropFirst(said.count)) }
    return bare(said) == bare(summary) ? "" : "\n\nCorrected: " + summary
  }

  /// A text without its references: those to passages that do not exist are taken out of an answer.
  private static func bare(_ text: String) -> String {
    var kept = ""
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "[") {
      kept += rest[..<open]
      let after = rest[rest.index(after: open)...]
      let inside = after.prefix { $0.isNumber || $0 == "," || $0.isWhitespace }
      if !inside.isEmpty, after[inside.endIndex...].first == "]" {
        rest = after[inside.endIndex...].dropFirst()
      } else {
        kept.append("[")
        rest = after
      }
    }
    return (kept + rest).filter { !$0.isWhitespace }
  }
}
