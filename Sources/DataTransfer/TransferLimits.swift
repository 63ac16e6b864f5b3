/// Bounds of what a transfer holds in memory and of how long it waits.
struct TransferLimits: Sendable {
  /// Bytes of one upload, below what servers take by default (32 MiB).
  var uploadBytes = 8 << 20
  /// Points of one upload.
  var uploadPoints = 256
  /// Bytes of one line of a file.
  var lineBytes = 32 << 20
  /// Bytes of one answer.
  var answerBytes = 128 << 20
  /// Seconds that one request may take.
  var requestSeconds = 120.0
  /// Attempts of one request; waits in between add up to about a minute.
  var attempts = 24
  /// Seconds between two attempts, at most.
  var waitSeconds = 5.0
}
