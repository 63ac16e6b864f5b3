/// Why a database could not be opened.
public enum DatabaseError: Error, Sendable, Equatable {
  /// Another process holds the data directory.
  case inUse(path: String)
  /// The data was written by a newer release.
  case newerFormat(found: Int, supported: Int)
  case notWritable(String)
  case damaged(String)
  case io(String)
}

extension DatabaseError: CustomStringConvertible {
  /// What is wrong, in a sentence for whoever runs the server.
  public var description: String {
    switch self {
    case .inUse(let path): "the data directory \(path) is in use by another process"
    case .newerFormat(let found, let supported):
      "the data directory has format \(found), this release reads up to format \(supported)"
    case .notWritable(let reason): "the data directory is not writable: \(reason)"
    case .damaged(let reason): "the data directory is damaged: \(reason)"
    case .io(let reason): "the data directory could not be read: \(reason)"
    }
  }
}
