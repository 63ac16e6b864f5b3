import Glibc

/// The time of day.
package enum WallClock {
  /// The last that is told, in the year 9999: what is read from a store is not taken for later, so
  /// that times can be added to.
  static let latest: UInt64 = 253_402_300_799_999

  /// Milliseconds since 1970.
  @Sendable package static func milliseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(max(0, time.tv_sec)) * 1000 + UInt64(max(0, time.tv_nsec)) / 1_000_000
  }
}
