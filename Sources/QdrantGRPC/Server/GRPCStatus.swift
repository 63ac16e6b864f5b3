import GRPCCore
import QdrantAPI
import QdrantService

extension RPCError {
  /// What a client is told of a call that was refused or failed: the code that Qdrant gives, and
  /// the text that the REST API gives.
  init(_ error: ServiceError) {
    var metadata = Metadata()
    if case .outOfSpace = error.kind {
      metadata.addString("1", forKey: "qdrant-insufficient-storage")
    } else if error.kind == .exhausted, let seconds = error.retryAfterSeconds {
      metadata.addString(String(seconds), forKey: "retry-after")
    }
    self.init(code: Self.code(of: error.kind), message: error.text, metadata: metadata)
  }

  /// What a client is told of a message that can't be read.
  init(_ fault: DecodingFault) {
    switch fault.kind {
    case .malformed: self.init(code: .internalError, message: fault.message)
    case .validation:
      self.init(
        code: .invalidArgument, message: "Validation error in body: [\(fault.located)]")
    case .wrongInput:
      self.init(code: .invalidArgument, message: "Wrong input: \(fault.message)")
    case .format, .badRequest: self.init(code: .invalidArgument, message: fault.message)
    }
  }

  private static func code(of kind: ServiceError.Kind) -> RPCError.Code {
    switch kind {
    case .badRequest, .invalid: .invalidArgument
    case .unauthenticated: .unauthenticated
    case .forbidden: .permissionDenied
    case .notFound: .notFound
    case .conflict: .alreadyExists
    case .timedOut: .deadlineExceeded
    case .exhausted, .outOfSpace: .resourceExhausted
    case .unavailable: .unavailable
    case .standalone: .unimplemented
    case .failed: .internalError
    }
  }
}
