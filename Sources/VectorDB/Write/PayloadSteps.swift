import PointModel

/// How many stored payloads are read together while points are edited one after another: few where
/// they are long, so that little of them is held at once.
struct PayloadSteps {
  private let count: Int
  private var size = sizeAtFirst
  private var end = 0

  private static let sizeAtFirst = 16
  private static let sizeMost = 256
  private static let bytesAtOnce = 8 << 20

  /// Steps through so many points.
  init(_ count: Int) { self.count = count }

  /// The points whose payloads are to be read before the one at `index` is edited, if any are.
  mutating func next(at index: Int) -> Range<Int>? {
    guard index == end, index < count else { return nil }
    end = min(index + size, count)
    return index..<end
  }

  /// Notes what was read.
  mutating func note(_ payloads: some Sequence<Payload>) {
    let longest = payloads.reduce(1) { max($0, $1.json.count) }
    size = max(1, min(Self.sizeMost, Self.bytesAtOnce / longest))
  }
}
