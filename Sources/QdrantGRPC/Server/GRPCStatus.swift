import NIOHPACK
package import QdrantAPI
package import QdrantService

/// How a call ended, as its last header block tells: a code, a sentence, and what else the client
/// is to know.
package struct GRPCStatus: Error, Sendable {
  /// The codes of gRPC that a server of this kind gives.
  package enum Code: Int, Sendable {
    /// The call was answered.
    case ok = 0
    /// The client gave it up.
    case cancelled = 1
    /// What became of it is not known.
    case unknown = 2
    /// The request can't be carried out as it is.
    case invalidArgument = 3
    /// The caller's time is over.
    case deadlineExceeded = 4
    /// What is asked for is not there.
    case notFound = 5
    /// What is to be made is there already.
    case alreadyExists = 6
    /// The caller has no right to it.
    case permissionDenied = 7
    /// The caller may try again later, or for less.
    case resourceExhausted = 8
    /// What the request asks for is not so.
    case failedPrecondition = 9
    /// There is no such call, or only a cluster has it.
    case unimplemented = 12
    /// The server's own fault, or no message.
    case internalError = 13
    /// The server can't do it now.
    case unavailable = 14
    /// The caller brought no key, or a wrong one.
    case unauthenticated = 16
  }

  /// What kind of end it is.
  package let code: Code
  /// A sentence.
  package let message: String
  /// Further fields, in lower case.
  package private(set) var fields: [(name: String, value: String)] = []

  init(_ code: Code, _ message: String = "", fields: [(name: String, value: String)] = []) {
    self.code = code
    self.message = message
    self.fields = fields
  }

  /// What a client is told of a call that was refused or failed: the code that Qdrant gives, and
  /// the text that the REST API gives.
  package init(_ error: ServiceError) {
    self.init(Self.code(of: error.kind), error.text)
    if case .outOfSpace = error.kind {
      fields = [("qdrant-insufficient-storage", "1")]
    } else if error.kind == .exhausted, let seconds = error.retryAfterSeconds {
      fields = [("retry-after", String(seconds))]
    }
  }

  /// What a client is told of a message that can't be read.
  package init(_ fault: DecodingFault) {
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
    case .precondition: .failedPrecondition
    case .unknown: .unknown
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

  /// The text of a header that ``encoded(_:)`` made.
  static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"),
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "%")
  }
}
