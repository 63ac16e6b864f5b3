/// The lowest `capacity` upper bounds seen so far: the greatest of them is the distance that a row
/// must be able to beat. Used by one thread.
final class BoundHeap {
  private var capacity = 0
  private var values: UnsafeMutablePointer<Float>
  private var room = 64
  private var count = 0
  /// Infinite until `capacity` bounds were offered.
  private(set) var threshold = Float.infinity

  init() { values = .allocate(capacity: room) }

  deinit { values.deallocate() }

  /// Bytes of the bounds there is room for.
  var byteCount: Int { room * MemoryLayout<Float>.stride }

  /// Begins anew, for the `capacity` lowest bounds, at least one.
  func clear(capacity: Int) {
    // A client may ask for far more rows than there are: room is made as bounds come.
    self.capacity = capacity
    count = 0
    threshold = .infinity
  }

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

  /// The `rank`-th lowest bound, from 1; infinite if there are not as many.
  func bound(rank: Int) -> Float {
    if rank >= capacity { return threshold }
    guard rank <= count else { return .infinity }
    return UnsafeMutableBufferPointer(start: values, count: count).sorted()[rank - 1]
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Float>.allocate(capacity: 2 * room)
    larger.update(from: values, count: count)
    values.deallocate()
    values = larger
    room *= 2
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
