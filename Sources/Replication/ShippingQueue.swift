import SharedLog
import Synchronization

/// Commits that wait to be shipped, in their order. They are added on the thread that commits,
/// which never waits: what comes when it is full is left out, and then the log has a gap.
final class ShippingQueue: Sendable {
  private struct State {
    var items: [LogItem] = []
    /// Items before this one are gone.
    var first = 0
    var bytes = 0
    /// Whether something was left out since the last time that somebody asked.
    var hasGap = false
    var isClosed = false
  }

  /// What is known of what waits.
  struct Load: Sendable {
    var entries = 0
    var bytes = 0
    /// When the oldest was committed, in milliseconds since 1970.
    var oldest: UInt64?
  }

  private let bytesMax: Int
  private let state = Mutex(State())
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  /// What one commit costs beside its bytes.
  private static let bytesPerItem = 64

  init(bytesMax: Int) {
    self.bytesMax = bytesMax
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// What waits now.
  var load: Load {
    state.withLock { state in
      Load(
        entries: state.items.count - state.first, bytes: state.bytes,
        oldest: state.first < state.items.count ? state.items[state.first].committedAt : nil)
    }
  }

  /// Adds a commit. Where there is no room for it, all that waits is dropped: the log can't be
  /// continued without it.
  ///
  /// - Returns: whether it was added.
  func add(_ item: LogItem) -> Bool {
    let isAdded = state.withLock { state in
      if state.isClosed { return true }
      let bytes = item.bytes.count + Self.bytesPerItem
      guard state.bytes + bytes <= bytesMax else {
        state = State(hasGap: true)
        return false
      }
      state.items.append(item)
      state.bytes += bytes
      return true
    }
    signal.yield()
    return isAdded
  }

  /// Waits until something waits, something was left out or the queue is closed; at once when that
  /// is so already. One caller at a time.
  func wait() async {
    var iterator = signals.makeAsyncIterator()
    while state.withLock({ $0.first == $0.items.count && !$0.hasGap && !$0.isClosed }) {
      await iterator.next()
    }
  }

  /// Whether something was left out, which is forgotten with this.
  func takeGap() -> Bool {
    state.withLock { state in
      defer { state.hasGap = false }
      return state.hasGap
    }
  }

  /// Takes the next commits, without a gap between them: at most `count`, and as many as have no
  /// more than `bytes` together, but one at least if there is any.
  func take(count: Int, bytes: Int) -> [LogItem] {
    state.withLock { state in
      var taken: [LogItem] = []
      var size = 0
      while taken.count < count, state.first < state.items.count {
        let item = state.items[state.first]
        if !taken.isEmpty, size + item.bytes.count > bytes { break }
        size += item.bytes.count
        taken.append(item)
        state.first += 1
      }
      state.bytes -= size + taken.count * Self.bytesPerItem
      if state.first * 2 > state.items.count {
        state.items.removeFirst(state.first)
        state.first = 0
      }
      return taken
    }
  }

  /// Whether something was left out.
  var hasGap: Bool { state.withLock { $0.hasGap } }

  /// Whether it takes no more.
  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Whether what waits makes a whole segment.
  func holds(bytes: Int) -> Bool { state.withLock { $0.bytes >= bytes } }

  /// Takes no more, and wakes who waits.
  func close() {
    state.withLock { $0.isClosed = true }
    signal.finish()
  }

  /// Takes no more, and drops what waits.
  func drop() {
    state.withLock { state in state = State(isClosed: true) }
    signal.finish()
  }
}
