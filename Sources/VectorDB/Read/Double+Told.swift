extension Double {
  /// The number as Qdrant's texts tell it: without a fraction that it does not have, and without an
  /// exponent.
  var told: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-inf" : "inf" }
    let parts = description.split(separator: "e")
    if parts.count == 2, let exponent = Int(parts[1]) {
      return Self.written(out: parts[0], exponent: exponent)
    }
    return description.hasSuffix(".0") ? String(description.dropLast(2)) : description
  }

  /// - Parameter mantissa: with one digit before the point.
  private static func written(out mantissa: Substring, exponent: Int) -> String {
    var digits = mantissa.filter(\.isNumber)
    while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
    let sign = mantissa.hasPrefix("-") ? "-" : ""
    let point = 1 + exponent
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    let zeros = String(repeating: "0", count: max(0, point - digits.count))
    if point >= digits.count { return sign + digits + zeros }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }
}
