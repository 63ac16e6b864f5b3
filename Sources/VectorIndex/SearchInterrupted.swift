/// A search gave up because its caller's `shouldStop` said so: a deadline passed, or the client
/// went away.
public struct SearchInterrupted: Error, Equatable {
  /// The only value.
  public init() {}
}
