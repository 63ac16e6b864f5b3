#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Moments of the calendar, as interfaces tell them.
package enum Moment {
  /// Seconds since 1970.
  package static var now: Double {
    var moment = timespec()
    clock_gettime(CLOCK_REALTIME, &moment)
    return Double(moment.tv_sec) + Double(moment.tv_nsec) / 1e9
  }

  /// A moment in UTC as RFC 3339 has it, to the millisecond.
  package static func text(_ seconds: Double) -> String {
    let milliseconds = Int((seconds * 1000).rounded(.down))
    var whole = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&whole, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let digits = String(1000 + milliseconds % 1000).dropFirst()
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      + ".\(digits)Z"
  }
}
