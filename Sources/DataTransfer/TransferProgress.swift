/// Is told how a transfer goes.
package protocol TransferProgress: Sendable {
  /// A stretch of work begins.
  ///
  /// - Parameters:
  ///   - title: what is done, in a few words.
  ///   - total: its size, in whatever unit the advance is counted in; 0 when not known.
  func begin(_ title: String, total: Int)
  /// So much of it is done, and so many points are through.
  func advance(done: Int, points: Int)
  /// Something that the user should know and that is no failure.
  func note(_ line: String)
  /// The stretch is over.
  func end()
}
