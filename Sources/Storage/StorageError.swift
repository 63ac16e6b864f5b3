/// Everything that can go wrong between a caller and the bytes on disk.
public enum StorageError: Error, Sendable, Equatable {
  /// Another store, in this process or another one, holds the directory.
  case busy(path: String)
  /// The directory can't be created or written. The message names the path.
  case notWritable(String)
  /// The files contradict their checksums or each other.
  case corruption(String)
  /// Any other failure of the file system or of RocksDB.
  case io(String)
  /// The disk or the quota is full.
  case outOfSpace(String)
  /// The store was opened without this column family, and it was not on disk either.
  case unknownColumnFamily(String)
  /// The store was closed.
  case closed
  /// A write or a sync failed earlier: what reached the disk is unknown, so that the store takes
  /// no more writes until it is opened anew. The message is that of the first failure.
  case failed(String)
}

extension StorageError: CustomStringConvertible {
  /// What failed, in a sentence.
  public var description: String {
    switch self {
    case .busy(let path):
      "The data directory \(path) is in use by another process or another open store."
    case .notWritable(let message): "The data directory is not writable: \(message)"
    case .corruption(let message): "Stored data is damaged: \(message)"
    case .io(let message): "Storage input/output failed: \(message)"
    case .outOfSpace(let message): "The disk is full: \(message)"
    case .unknownColumnFamily(let name): "The store has no column family named \(name)."
    case .closed: "The store is closed."
    case .failed(let message):
      "The store takes no more writes because an earlier one failed: \(message)"
    }
  }
}

extension StorageError {
  /// Classifies the text of a RocksDB status, the only form in which its C interface reports
  /// errors. `path` is the store's directory, whose own name must not decide the class.
  package init(status message: String, path: String) {
    let text = path.isEmpty ? message : message.replacing(path, with: "")
    if text.contains("While lock file") || text.contains("lock hold by current process") {
      self = .busy(path: path)
    } else if text.hasPrefix("Corruption") {
      self = .corruption(message)
    } else if text.contains("No such file or directory"),
      text.contains("MANIFEST-") || text.contains(".sst")
    {
      // A file that others name is gone: the directory contradicts itself.
      self = .corruption(message)
    } else if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
      self = .outOfSpace(message)
    } else if text.contains("Permission denied") || text.contains("Read-only file system") {
      self = .notWritable(message)
    } else {
      self = .io(message)
    }
  }
}
