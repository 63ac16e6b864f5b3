/// A string compared byte by byte. `String` itself equates canonically equivalent texts, which
/// are different keys and values in JSON.
struct JSONKey: Hashable, Sendable {
  let string: String

  init(_ string: String) { self.string = string }

  static func == (left: JSONKey, right: JSONKey) -> Bool {
    let (left, right) = (left.string.utf8, right.string.utf8)
    return left.count == right.count && left.elementsEqual(right)
  }

  func hash(into hasher: inout Hasher) {
    var string = string
    string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // Ends the key, so that neighbouring keys do not run into one another.
    hasher.combine(0xFF as UInt8)
  }
}
