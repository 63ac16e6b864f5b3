import Synchronization

/// What was said piece by piece.
final class Said: Sendable {
  private let pieces = Mutex("")

  /// All of it.
  var text: String { pieces.withLock { $0 } }

  /// Takes the next piece.
  func add(_ piece: String) { pieces.withLock { $0 += piece } }
}
