/// Folds letters and signs to those of ASCII that they look like.
struct ASCIIFolding: Sendable {
  private let replacements: [Unicode.Scalar: String]

  static let shared = ASCIIFolding()

  private init() {
    var replacements: [Unicode.Scalar: String] = [:]
    for line in ASCIIFoldingTable.source.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { continue }
      for scalar in parts[1].unicodeScalars { replacements[scalar] = String(parts[0]) }
    }
    self.replacements = replacements
  }

  /// The text with everything replaced that has a replacement.
  func fold(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var folded = ""
    for scalar in text.unicodeScalars {
      if let replacement = replacements[scalar] {
        folded += replacement
      } else {
        folded.unicodeScalars.append(scalar)
      }
    }
    return folded
  }
}
