import NIOHPACK
import QdrantAPI
import QdrantService

/// How a call ended, as its last header block tells: a code, a sentence, and what else the client
/// is to know.
struct GRPCStatus: Error, Sendable, Equatable {
  /// The codes of gRPC that a server of this kind gives.
  enum Code: Int, Sendable {
    case ok = 0
    case cancelled = 1
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case unauthenticated = 16
  }

  let code: Code
  let message: String
  /// Further fields, in lower case.
  var fields: [(name: String, value: String)] = []

  init(_ code: Code, _ message: String = "") {
    self.code = code
    self.message = message
  }

  static func == (one: GRPCStatus, other: GRPCStatus) -> Bool {
    one.code == other.code && one.message == other.message
      && one.fields.elementsEqual(other.fields, by: ==)
  }

  /// What a client is told of a call that was refused or failed: the code that Qdrant gives, and
  /// the text that the REST API gives.
  init(_ error: ServiceError) {
    self.init(Self.code(of: error.kind), error.text)
    if case .outOfSpace = error.kind {
      fields = [("qdrant-insufficient-storage", "1")]
    } else if error.kind == .exhausted, let seconds = error.retryAfterSeconds {
      fields = [("retry-after", String(seconds))]
    }
  }

  /// What a client is told of a message that can't be read.
  init(_ fault: DecodingFault) {
    switch fault.kind {
    case .malformed: self.init(.internalError, fault.message)
    case .validation:
      self.init(.invalidArgument, "Validation error in body: [\(fault.located)]")
    case .wrongInput: self.init(.invalidArgument, "Wrong input: \(fault.message)")
    case .format, .badRequest: self.init(.invalidArgument, fault.message)
    }
  }

  private static func code(of kind: ServiceError.Kind) -> Code {
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

  // MARK: Headers

  /// The block behind an answer.
  var trailers: HPACKHeaders {
    var headers: HPACKHeaders = ["grpc-status": String(code.rawValue)]
    add(to: &headers)
    return headers
  }

  /// The only block of a call without an answer.
  var soleHeaders: HPACKHeaders {
    var headers: HPACKHeaders = [
      ":status": "200", "content-type": "application/grpc",
      "grpc-status": String(code.rawValue),
    ]
    add(to: &headers)
    return headers
  }

  private func add(to headers: inout HPACKHeaders) {
    if !message.isEmpty { headers.add(name: "grpc-message", value: Self.encoded(message)) }
    for field in fields { headers.add(name: field.name, value: field.value) }
  }

  /// Text as a header may have it: what is not printable ASCII, and `%`, by its code.
  static func encoded(_ text: String) -> String {
    if text.utf8.allSatisfy(isPlain) { return text }
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isPlain(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "%")
  }
}
