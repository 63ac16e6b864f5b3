public import PointModel
import Storage

/// Why a request to a collection was refused. A refused write has changed nothing.
///
/// `context` names the field and the point, as in ``point 7, vector `text` ``; it may be empty.
public enum CollectionError: Error, Sendable, Equatable {
  case collectionNotFound(String)
  /// A collection that a request refers to beside the one it is about.
  case referredCollectionNotFound(String)
  case collectionExists(String)
  case aliasNotFound(String)
  case pointNotFound(PointID)
  case snapshotNotFound(String)
  /// What was asked for lies where clients have no business.
  case forbidden(String)
  case unknownVector(String, context: String)
  case wrongDimension(expected: Int, got: Int, context: String)
  case wrongInput(String)
  case badRequest(String)
  case timedOut(String)
  case overloaded(retryAfterSeconds: Int)
  /// The collection's configuration allows no more requests for a while or, without a time, none
  /// of this size; or other requests hold the memory that this one would take.
  case rateLimited(String, retryAfterSeconds: Int?)
  case outOfSpace(String)
  /// A limit of the whole server is reached that was set while it ran.
  case quotaReached(String)
  case shuttingDown
  /// Whoever is to be told of changes takes none now.
  case unavailable(String)
  /// The collection is still being read into memory.
  case loading(String)
  /// The collection is out of use because its records are damaged.
  case quarantined(String, reason: String)
  /// What was to be read contradicts its checksum.
  case damaged(String)
  case storage(String)
}

extension CollectionError {
  init(_ error: ConfigChangeError) {
    switch error {
    case .unknownVector(let name), .unknownSparseVector(let name):
      self = .unknownVector(name, context: "")
    case .vectorDiffers(let name):
      self = .wrongInput("Vector `\(name)` already exists with a different configuration")
    case .sparseVectorDiffers(let name):
      self = .wrongInput("Sparse vector `\(name)` already exists with a different configuration")
    case .isSparseVector(let name):
      self = .wrongInput("Vector `\(name)` already exists as a sparse vector")
    case .isDenseVector(let name):
      self = .wrongInput("Vector `\(name)` already exists as a dense vector")
    }
  }

  init(_ error: StorageError) {
    switch error {
    case .outOfSpace(let reason): self = .outOfSpace(reason)
    case .closed: self = .shuttingDown
    case .corruption: self = .damaged(String(describing: error))
    case .busy, .notWritable, .io, .failed, .unknownColumnFamily:
      self = .storage(String(describing: error))
    }
  }
}
