/// What is wrong with a member of a body, and where.
///
/// The path is collected while the fault travels up, so that bodies without fault pay nothing.
package struct DecodingFault: Error {
  /// What kind of wrong it is; each transport has a code for each.
  package enum Kind {
    case format
    case validation
    case badRequest
    case wrongInput
    /// Bytes that are no message of the protocol at all.
    case malformed
  }

  /// A step from a container to what is in it.
  package enum Step {
    case key(String)
    case index(Int)
  }

  /// What kind of wrong it is.
  package let kind: Kind
  /// What is wrong, without the place.
  package let message: String
  /// From the member outwards.
  private var steps: [Step] = []

  private init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// For a member that is missing, of another kind, or of an unknown value.
  package static func format(_ message: String) -> DecodingFault {
    DecodingFault(.format, message)
  }

  /// For a value that is out of range.
  package static func validation(_ message: String) -> DecodingFault {
    DecodingFault(.validation, message)
  }

  /// For what breaks a rule of queries.
  package static func badRequest(_ message: String) -> DecodingFault {
    DecodingFault(.badRequest, message)
  }

  /// For what is well formed, but not possible; the text says all, and no path is told.
  package static func wrongInput(_ message: String) -> DecodingFault {
    DecodingFault(.wrongInput, message)
  }

  /// For bytes that are no message of the protocol.
  package static func malformed(_ message: String) -> DecodingFault {
    DecodingFault(.malformed, message)
  }

  /// For what Qdrant knows and this server does not.
  package static func unsupported(_ what: String) -> DecodingFault {
    DecodingFault(.badRequest, "\(what) not supported yet")
  }

  /// For a member that is not there.
  package static func missing(_ field: String) -> DecodingFault {
    DecodingFault(.format, "missing field `\(field)`")
  }

  /// The same fault as seen from the member `key` of an object.
  package func under(_ key: String) -> DecodingFault {
    var fault = self
    fault.steps.append(.key(key))
    return fault
  }

  /// The same fault as seen from element `index` of a list.
  package func under(_ index: Int) -> DecodingFault {
    var fault = self
    fault.steps.append(.index(index))
    return fault
  }

  /// As `points[3].vector`; empty for the body itself.
  private var path: String {
    var path = ""
    for step in steps.reversed() {
      switch step {
      case .key(let key): path += path.isEmpty ? key : ".\(key)"
      case .index(let index): path += "[\(index)]"
      }
    }
    return path
  }

  /// The message behind its path.
  package var located: String {
    let path = path
    return path.isEmpty ? message : "\(path): \(message)"
  }

  var requestError: RequestError {
    switch kind {
    case .format, .malformed: .format("Format error in JSON body: \(located)")
    case .validation: .validation("Validation error in JSON body: [\(located)]")
    case .badRequest: .badRequest("Bad request: \(located)")
    case .wrongInput: .wrongInput("Wrong input: \(message)")
    }
  }
}
