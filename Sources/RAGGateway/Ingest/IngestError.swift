/// Why a file or a batch of passages could not be brought in.
public enum IngestError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder can't be read.
  case unreadable(String)
  /// Larger than a source may be.
  case tooLarge(bytes: Int)
  /// The bytes are no text.
  case notText
  /// Another file of the same run has the same name, so their chunks would replace each other.
  case nameTaken(name: String, by: String)
  /// Nobody answers at the gateway's address.
  case unreachable(String)
  /// The gateway refused or failed.
  case rejected(String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unreadable(let reason): reason
    case .tooLarge(let bytes): "\(bytes) bytes are more than a source may have"
    case .notText: "not a text file"
    case .nameTaken(let name, let other):
      "would be stored as \(name), as \(other) is; ingest a folder that holds both"
    case .unreachable(let reason): "gateway unreachable: \(reason)"
    case .rejected(let reason): "gateway: \(reason)"
    }
  }
}
