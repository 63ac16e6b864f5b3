import VectorDB

/// Why a server was not started from a snapshot.
struct RestoreError: Error, CustomStringConvertible {
  let path: String
  let reason: CollectionError
  /// Whether a newer release has written it.
  let isNewer: Bool

  var description: String {
    switch reason {
    case .wrongInput(let reason), .badRequest(let reason), .storage(let reason),
      .outOfSpace(let reason):
      "cannot restore \(path): \(reason)"
    default: "cannot restore \(path): \(reason)"
    }
  }
}
