import CUnicodeText

/// Unicode's compatibility decomposition, by ICU.
enum UnicodeNormalization {
  /// Normal form NFKD.
  static func decompose(_ text: String) -> String {
    let units = Array(text.utf16)
    var capacity = units.count * 2 + 16
    while true {
      var length = 0
      let result = [UInt16](unsafeUninitializedCapacity: capacity) { buffer, count in
        length = Int(
          quiver_decompose(
            units, Int32(clamping: units.count), buffer.baseAddress, Int32(clamping: capacity)))
        count = max(0, min(length, capacity))
      }
      guard length >= 0 else { return text }
      if length <= capacity { return String(decoding: result, as: UTF16.self) }
      capacity = length
    }
  }
}
