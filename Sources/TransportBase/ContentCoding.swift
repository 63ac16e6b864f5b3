/// A way in which a body may be packed.
package enum ContentCoding: String, Sendable, CaseIterable {
  // Where a client likes several equally well, the first of these is taken.
  case brotli = "br"
  case gzip
  case deflate
  case zstd

  /// The coding that a `Content-Encoding` names; `nil` for one that is not known.
  package init?(named name: some StringProtocol) {
    let name = name.lowercased()
    self.init(rawValue: name == "x-gzip" ? "gzip" : name)
  }

  /// The coding that a client likes best, of what its `Accept-Encoding` says; `nil` when it likes
  /// bodies as they are.
  package static func preferred(by accepted: String?) -> ContentCoding? {
    guard let accepted else { return nil }
    var weights: [ContentCoding: Double] = [:]
    var (others, identity): (Double?, Double?)
    for item in accepted.split(separator: ",") {
      let parts = item.split(separator: ";").map { trimmed($0) }
      guard let name = parts.first else { continue }
      var weight = 1.0
      for parameter in parts.dropFirst() {
        let sides = parameter.split(separator: "=", maxSplits: 1).map { trimmed($0) }
        if sides.count == 2, sides[0].lowercased() == "q" { weight = Double(sides[1]) ?? 0 }
      }
      if name == "*" {
        others = weight
      } else if name.lowercased() == "identity" {
        identity = weight
      } else if let coding = ContentCoding(named: name) {
        weights[coding] = weight
      }
    }
    var best: (coding: ContentCoding, weight: Double)?
    for coding in allCases {
      let weight = weights[coding] ?? others ?? 0
      if weight > best?.weight ?? 0 { best = (coding, weight) }
    }
    guard let best, best.weight >= identity ?? 0 else { return nil }
    return best.coding
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}
