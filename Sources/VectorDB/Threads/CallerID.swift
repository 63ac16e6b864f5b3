import Synchronization

/// Who asks, as far as whose turn it is depends on it: a connection, whatever goes on by it.
///
/// Calls of one caller wait in a line of their own, and lines are served in turn. What is asked by
/// nobody that is known, as within the process, has one line together.
package struct CallerID: Hashable, Sendable {
  /// Whoever the current task works for.
  @TaskLocal package static var current = CallerID(number: 0)

  private static let last = Atomic<UInt64>(0)

  private let number: UInt64

  private init(number: UInt64) { self.number = number }

  /// A caller unlike all others.
  package init() {
    number = Self.last.add(1, ordering: .relaxed).newValue
  }
}
