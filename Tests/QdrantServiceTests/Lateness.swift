import QdrantService
import VectorDB

/// A caller who waits for a moment and no longer.
enum Lateness {
  static var call: ServiceCall {
    ServiceCall(access: .full, arrivedAt: .now - .milliseconds(6700), timeoutSeconds: 7)
  }

  /// What it is told when its body has to wait.
  static let told = ServiceError.engine(
    .timedOut("Operation 'Request body' timed out after 7 seconds"))
}
