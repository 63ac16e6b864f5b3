/// First come, first served.
struct WaitingLine<Element> {
  private var storage: [Element] = []
  private var head = 0

  var isEmpty: Bool { count == 0 }
  var count: Int { storage.count - head }
  var elements: [Element] { Array(storage[head...]) }
  var last: Element? { isEmpty ? nil : storage.last }

  mutating func append(_ element: Element) { storage.append(element) }

  mutating func popFirst() -> Element? {
    if isEmpty { return nil }
    defer {
      head += 1
      if head == storage.count || head > 1024 {
        storage.removeFirst(head)
        head = 0
      }
    }
    return storage[head]
  }

  mutating func removeLast() { storage.removeLast() }
}

/// A line for each caller, served in turn: who has many calls waiting delays those of others by one
/// at a time.
struct FairLine<Element> {
  private struct Entry {
    let element: Element
    /// Whether it may be taken back while it waits.
    let mayLeave: Bool
  }

  private var lines: [CallerID: WaitingLine<Entry>] = [:]
  /// Callers whose calls wait, each once, in the order of their turns.
  private var turns = WaitingLine<CallerID>()
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element, of caller: CallerID, mayLeave: Bool) {
    let entry = Entry(element: element, mayLeave: mayLeave)
    if lines[caller]?.append(entry) == nil {
      var line = WaitingLine<Entry>()
      line.append(entry)
      lines[caller] = line
      turns.append(caller)
    }
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard let caller = turns.popFirst(), let entry = lines[caller]?.popFirst() else { return nil }
    count -= 1
    if lines[caller]?.isEmpty == false { turns.append(caller) } else { lines[caller] = nil }
    return entry.element
  }

  /// Takes back the newest call of the longest line, if that is longer than the line of `caller`
  /// would be with one more.
  mutating func popNewest(inFavourOf caller: CallerID) -> Element? {
    guard let longest = lines.max(by: { $0.value.count < $1.value.count }),
      longest.value.count > (lines[caller]?.count ?? 0) + 1,
      let entry = longest.value.last, entry.mayLeave
    else { return nil }
    lines[longest.key]?.removeLast()
    count -= 1
    return entry.element
  }

  mutating func removeAll() -> [Element] {
    defer { self = FairLine() }
    return lines.values.flatMap { $0.elements.map(\.element) }
  }
}
