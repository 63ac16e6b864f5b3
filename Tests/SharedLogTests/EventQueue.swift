/// What is to happen in a simulation, by its time; of one time, in the order it was added.
struct EventQueue<Event> {
  private var heap: [(time: UInt64, order: UInt64, event: Event)] = []
  private var count: UInt64 = 0

  mutating func add(_ event: Event, at time: UInt64) {
    count += 1
    heap.append((time, count, event))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The earliest one up to `end`.
  mutating func next(until end: UInt64) -> (time: UInt64, event: Event)? {
    guard let first = heap.first, first.time <= end else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && precedes(child, least) { least = child }
      if least == parent { break }
      heap.swapAt(parent, least)
      parent = least
    }
    return (first.time, first.event)
  }

  private func precedes(_ one: Int, _ other: Int) -> Bool {
    (heap[one].time, heap[one].order) < (heap[other].time, heap[other].order)
  }
}
