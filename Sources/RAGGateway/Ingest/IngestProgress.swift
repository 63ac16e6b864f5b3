/// Is told how an ingestion goes.
package protocol IngestProgress: Sendable {
  /// `done` of `total` files are through, `passages` passages so far.
  func advance(done: Int, of total: Int, passages: Int, current: String)
  /// A file that failed, or something to know about one.
  func report(_ line: String)
  /// All files are through.
  func finish()
}
