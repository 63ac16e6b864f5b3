import FileMapping

/// Why an embedding model cannot be loaded or used.
public enum EmbeddingModelError: Error, Equatable, CustomStringConvertible {
  /// A file of the model is not there.
  case fileMissing(path: String)
  /// The operating system would not let us read a file.
  case unreadable(path: String, reason: String)
  /// The contents of a file are not what the model needs.
  case damaged(path: String, reason: String)
  /// The model loaded, but what it computes on this machine is wrong.
  case selfCheckFailed(String)
  /// A text gave a vector that is not made of finite numbers.
  case notFinite

  /// What is wrong, in a sentence that names the file.
  public var description: String {
    switch self {
    case .fileMissing(let path):
      "model file \(path) is missing (scripts/fetch-model downloads it)"
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    case .damaged(let path, let reason):
      "\(path) is not a usable model file: \(reason) (delete it and run scripts/fetch-model)"
    case .selfCheckFailed(let reason): "embedding self-check failed: \(reason)"
    case .notFinite: "the model computed a vector that is not finite"
    }
  }
}

extension MappedFile {
  /// Maps a file of a model, which can't be empty.
  convenience init(model path: String) throws(EmbeddingModelError) {
    do throws(MappingError) {
      try self.init(path: path)
    } catch {
      switch error {
      case .missing: throw .fileMissing(path: path)
      case .notAFile: throw .unreadable(path: path, reason: "not a regular file")
      case .system(let reason): throw .unreadable(path: path, reason: reason)
      }
    }
    if bytes.isEmpty { throw .damaged(path: path, reason: "the file is empty") }
  }
}
