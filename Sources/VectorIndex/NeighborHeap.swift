/// A binary heap of neighbours in an array, with the best or the worst of them at the root.
struct NeighborHeap: Sendable {
  enum Root: Sendable {
    case best
    case worst
  }

  private let root: Root
  private(set) var elements: [Neighbor]

  /// An empty heap.
  init(root: Root) {
    self.root = root
    self.elements = []
  }

  /// A heap of `elements`, O(n).
  init(root: Root, heapifying elements: [Neighbor]) {
    self.root = root
    self.elements = elements
    for index in (0..<elements.count / 2).reversed() {
      siftDown(from: index)
    }
  }

  var count: Int { elements.count }
  var first: Neighbor? { elements.first }

  mutating func reserveCapacity(_ capacity: Int) {
    elements.reserveCapacity(capacity)
  }

  mutating func insert(_ neighbor: Neighbor) {
    elements.append(neighbor)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isAbove(neighbor, elements[parent]) else { break }
      elements[child] = elements[parent]
      child = parent
    }
    elements[child] = neighbor
  }

  mutating func replaceFirst(with neighbor: Neighbor) {
    elements[0] = neighbor
    siftDown(from: 0)
  }

  mutating func popFirst() -> Neighbor? {
    guard let last = elements.popLast() else { return nil }
    guard let first = elements.first else { return last }
    replaceFirst(with: last)
    return first
  }

  private func isAbove(_ a: Neighbor, _ b: Neighbor) -> Bool {
    switch root {
    case .best: a.ranks(before: b)
    case .worst: b.ranks(before: a)
    }
  }

  private mutating func siftDown(from start: Int) {
    let count = elements.count
    let moving = elements[start]
    var parent = start
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, isAbove(elements[child + 1], elements[child]) {
        child += 1
      }
      guard isAbove(elements[child], moving) else { break }
      elements[parent] = elements[child]
      parent = child
    }
    elements[parent] = moving
  }
}
