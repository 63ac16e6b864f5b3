import FastJSON

/// Finds the JSON object in a reply that may say more than that.
enum JSONExtraction {
  /// The most places at which an object is looked for.
  private static let attempts = 32

  /// The first complete object in `text`; `nil` when there is none.
  static func object(in text: String) -> JSONObjectValue? {
    let bytes = Array(text.utf8)
    if let whole = parse(bytes[...]) { return whole }
    var start = 0
    for _ in 0..<attempts {
      guard let open = bytes[start...].firstIndex(of: UInt8(ascii: "{")) else { return nil }
      if let close = end(ofObjectAt: open, in: bytes), let object = parse(bytes[open...close]) {
        return object
      }
      start = open + 1
    }
    return nil
  }

  private static func parse(_ bytes: ArraySlice<UInt8>) -> JSONObjectValue? {
    (try? JSONValue(parsing: Array(bytes)))?.objectValue
  }

  /// Where the brackets that open at `start` are balanced, strings left out of the count.
  private static func end(ofObjectAt start: Int, in bytes: [UInt8]) -> Int? {
    var depth = 0
    var insideString = false
    var escaped = false
    for position in start..<bytes.count {
      let byte = bytes[position]
      if insideString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          insideString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        insideString = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return position }
      }
    }
    return nil
  }
}
