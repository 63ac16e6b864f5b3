import FastJSON

/// Finds the JSON objects in a reply that may say more than that.
enum JSONExtraction {
  /// The most places at which an object is looked for.
  private static let attempts = 64

  /// The complete objects in `text` that lie in no other, in their order; what a model thinks
  /// aloud between `<think>` and `</think>` is left out.
  static func objects(in text: String) -> [JSONObjectValue] {
    let bytes = Array(withoutThoughts(text).utf8)
    if let whole = parse(bytes[...]) { return [whole] }
    var found: [JSONObjectValue] = []
    var start = 0
    for _ in 0..<attempts {
      guard let open = bytes[start...].firstIndex(of: UInt8(ascii: "{")) else { break }
      if let close = end(ofObjectAt: open, in: bytes), let object = parse(bytes[open...close]) {
        found.append(object)
        start = close + 1
      } else {
        start = open + 1
      }
    }
    return found
  }

  /// What a model says once it has thought.
  static func withoutThoughts(_ text: String) -> Substring {
    // Without an end all is thought, and then what is there may still hold the object.
    guard let end = text.ranges(of: "</think>").last else { return text[...] }
    return text[end.upperBound...]
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
