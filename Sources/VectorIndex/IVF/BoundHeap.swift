/// The lowest `capacity` upper bounds seen so far: the greatest of them is the distance that a row
/// must be able to beat. Used by one thread.
final class BoundHeap {
  private let capacity: Int
  private var values: UnsafeMutablePointer<Float>
  private var room: Int
  private var count = 0
  /// Infinite until `capacity` bounds were offered.
  private(set) var threshold = Float.infinity

  init(capacity: Int) {
    self.capacity = capacity
    // A client may ask for far more rows than there are.
    room = min(capacity, 1024)
    values = .allocate(capacity: room)
  }

  deinit { values.deallocate() }

  /// Takes a bound.
  ///
  /// - Returns: the threshold from now on.
  func offer(_ bound: Float) -> Float {
    guard bound < threshold else { return threshold }
    if count < capacity {
      if count == room { grow() }
      values[count] = bound
      count += 1
      if count == capacity {
        for index in (0..<capacity / 2).reversed() { siftDown(from: index) }
        threshold = values[0]
      }
      return threshold
    }
    values[0] = bound
    siftDown(from: 0)
    threshold = values[0]
    return threshold
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Float>.allocate(capacity: min(capacity, 2 * room))
    larger.update(from: values, count: count)
    values.deallocate()
    values = larger
    room = min(capacity, 2 * room)
  }

  private func siftDown(from start: Int) {
    let values = values
    let count = count
    let moving = values[start]
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, values[child + 1] > values[child] { child += 1 }
      guard values[child] > moving else { break }
      values[parent] = values[child]
      parent = child
    }
    values[parent] = moving
  }
}
