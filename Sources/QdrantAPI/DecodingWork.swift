/// What decoding knows of those who wait for it.
package enum DecodingWork {
  /// Whether nobody waits any more: what takes long ends early then.
  @TaskLocal static var isGivenUp: @Sendable () -> Bool = { false }

  /// Does `decode` for as long as somebody waits for it.
  ///
  /// - Throws: `CancellationError` when nobody does in the end, and what `decode` throws.
  package static func run<Value>(
    _ decode: () throws -> Value, until isGivenUp: @escaping @Sendable () -> Bool
  ) throws -> Value {
    if isGivenUp() { throw CancellationError() }
    let value = try $isGivenUp.withValue(isGivenUp, operation: decode)
    if isGivenUp() { throw CancellationError() }
    return value
  }
}
