/// Places as 64-bit words: longitude and latitude in 2³² steps each, their bits interleaved
/// (Morton, 1966), so that the places of a square are few ranges of words.
public enum GeoCell {
  /// The word of a place on Earth, in degrees.
  public static func word(longitude: Double, latitude: Double) -> UInt64 {
    spread(step(longitude, range: 180)) | spread(step(latitude, range: 90)) << 1
  }

  /// The middle of a word's cell, in degrees; the place itself is less than ``precision`` away in
  /// either direction.
  public static func place(_ word: UInt64) -> (longitude: Double, latitude: Double) {
    (degrees(gathered(word), range: 180), degrees(gathered(word >> 1), range: 90))
  }

  /// More than half of a cell, in degrees.
  public static let precision = 1e-7

  /// Ranges of words that together hold every place of a rectangle, and some beside it: at most
  /// about `limit`.
  public static func cover(
    longitudes: ClosedRange<Double>, latitudes: ClosedRange<Double>, limit: Int = 32
  ) -> [ClosedRange<UInt64>] {
    let target = Square.Bounds(
      x: step(longitudes.lowerBound, range: 180)...step(longitudes.upperBound, range: 180),
      y: step(latitudes.lowerBound, range: 90)...step(latitudes.upperBound, range: 90))
    var done: [ClosedRange<UInt64>] = []
    var open = [Square(first: 0, bits: 64)]
    // The largest squares are divided first, until the pieces are as many as are wanted.
    while let index = open.indices.max(by: { open[$0].bits < open[$1].bits }) {
      let square = open.remove(at: index)
      switch target.relation(to: square) {
      case .apart: continue
      case .covered: done.append(square.words)
      case .crossed:
        if square.bits == 0 || done.count + open.count + 4 > limit {
          done.append(square.words)
        } else {
          open += square.quarters
        }
      }
    }
    return merged(done)
  }

  // MARK: Parts

  private struct Square {
    let first: UInt64
    /// Its words differ in so many last bits.
    let bits: Int

    struct Bounds {
      let x: ClosedRange<UInt32>
      let y: ClosedRange<UInt32>

      enum Relation { case apart, covered, crossed }

      func relation(to square: Square) -> Relation {
        let (x0, y0) = (gathered(square.first), gathered(square.first >> 1))
        let side = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(square.bits / 2)) - 1)
        let (x1, y1) = (x0 + side, y0 + side)
        if x1 < x.lowerBound || x0 > x.upperBound || y1 < y.lowerBound || y0 > y.upperBound {
          return .apart
        }
        let isInside =
          x.contains(x0) && x.contains(x1) && y.contains(y0) && y.contains(y1)
        return isInside ? .covered : .crossed
      }
    }

    var words: ClosedRange<UInt64> {
      bits == 64 ? 0...UInt64.max : first...(first | ((UInt64(1) << UInt64(bits)) - 1))
    }

    var quarters: [Square] {
      (0..<4).map { Square(first: first + UInt64($0) << UInt64(bits - 2), bits: bits - 2) }
    }
  }

  private static func merged(_ ranges: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
    var result: [ClosedRange<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, last.upperBound < .max, last.upperBound + 1 == range.lowerBound {
        result[result.count - 1] = last.lowerBound...range.upperBound
      } else {
        result.append(range)
      }
    }
    return result
  }

  private static func step(_ degrees: Double, range: Double) -> UInt32 {
    let share = (min(max(degrees, -range), range) + range) / (2 * range)
    return UInt32(min(share * 4_294_967_296, 4_294_967_295))
  }

  private static func degrees(_ step: UInt32, range: Double) -> Double {
    (Double(step) + 0.5) / 4_294_967_296 * 2 * range - range
  }

  /// The bits at the even places of a word.
  private static func spread(_ value: UInt32) -> UInt64 {
    var bits = UInt64(value)
    bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF
    bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF
    bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333
    return (bits | bits << 1) & 0x5555_5555_5555_5555
  }

  private static func gathered(_ word: UInt64) -> UInt32 {
    var bits = word & 0x5555_5555_5555_5555
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333
    bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F
    bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF
    bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: bits | bits >> 16)
  }
}
