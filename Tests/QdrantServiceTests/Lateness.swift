import QdrantService
import VectorDB

/// A call whose caller waits no longer.
enum Lateness {
  static var call: ServiceCall {
    ServiceCall(access: .full, arrivedAt: .now - .seconds(7), timeoutSeconds: 7)
  }

  /// What such a caller is told when its body has to wait.
  static let told = ServiceError.engine(
    .timedOut("Operation 'Request body' timed out after 7 seconds"))
}
