/// Bounds of what a transfer holds in memory and of how long it waits.
package struct TransferLimits: Sendable {
  /// Bytes of one upload, below what servers take by default (32 MiB).
  package var uploadBytes = 8 << 20
  /// Points of one upload.
  package var uploadPoints = 256
  /// Bytes of one line of a file.
  package var lineBytes = 32 << 20
  /// Bytes of one answer.
  package var answerBytes = 128 << 20
  /// Seconds that one request may take.
  package var requestSeconds = 120.0
  /// Attempts of one request; waits in between add up to about a minute.
  package var attempts = 24
  /// Seconds between two attempts, at most.
  package var waitSeconds = 5.0

  /// The defaults.
  package init() {}
}
