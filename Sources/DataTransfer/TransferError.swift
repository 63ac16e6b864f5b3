import HTTPTransfer
import QdrantClient

/// Why a transfer of points stopped. Whatever was acknowledged until then stays, and the same
/// command goes on from there.
public enum TransferError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Nobody answered at the server's address, for as long as we are patient.
  case unreachable(server: String, reason: String)
  /// The server answered with an error.
  case refused(what: String, status: Int, reason: String)
  /// The answer is larger than we take.
  case answerTooLarge(what: String)
  /// The answer is not one of a Qdrant-compatible server.
  case unexpectedAnswer(what: String, reason: String)
  /// A file can't be read or written.
  case file(path: String, reason: String)
  /// A record of a file is not what it should be; lines and rows are counted from 1.
  case record(path: String, number: Int, reason: String)
  /// The command asks for something that does not fit what is there.
  case unfit(String)
  /// What was copied is not what is in the source.
  case notTheSame(String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unreachable(let server, let reason): "no answer from \(server): \(reason)"
    case .refused(let what, let status, let reason): "\(what): HTTP \(status): \(reason)"
    case .answerTooLarge(let what): "\(what): the answer is too large; take a smaller --batch"
    case .unexpectedAnswer(let what, let reason): "\(what): \(reason)"
    case .file(let path, let reason): "\(path): \(reason)"
    case .record(let path, let number, let reason): "\(path), record \(number): \(reason)"
    case .unfit(let reason), .notTheSame(let reason): reason
    }
  }
}

extension TransferError {
  /// Runs calls to a server, with what goes wrong in a transfer's terms.
  static func of<Answer>(
    _ call: () async throws(QdrantClientError) -> Answer
  ) async throws(TransferError) -> Answer {
    do {
      return try await call()
    } catch {
      throw TransferError(error)
    }
  }

  private init(_ error: QdrantClientError) {
    self =
      switch error {
      case .noAnswer(let what, let failure):
        switch failure.kind {
        case .tooLarge: .answerTooLarge(what: what)
        case .noAddress:
          .unfit("`\(failure.address)` is not an address such as http://localhost:6333")
        case .unreachable, .timedOut, .broken:
          .unreachable(server: failure.address, reason: failure.reason)
        }
      case .missing(let what, let reason): .refused(what: what, status: 404, reason: reason)
      case .refused(let what, let status, let reason):
        .refused(
          what: what, status: status, reason: reason.isEmpty ? "no reason was given" : reason)
      case .unexpected(let what, let reason): .unexpectedAnswer(what: what, reason: reason)
      }
  }
}
