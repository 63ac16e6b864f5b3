/// A store of objects by keys with conditional writes: what backups and replicas are kept in.
///
/// Keys consist of letters, digits and `/`, `-`, `_`, `.`. Calls may be made from any task. What
/// ``ObjectStoreError/unreachable(_:)`` was thrown for may have happened or not.
public protocol ObjectStore: Sendable {
  /// Creates an object unless its key is there; one call, never repeated by itself.
  func create(_ key: String, _ bytes: [UInt8]) async throws(ObjectStoreError) -> CreateOutcome

  /// Writes an object if it still has `tag`; its new tag, or `nil` if it has another or is gone.
  /// One call, never repeated by itself.
  func replace(
    _ key: String, ifTag tag: String, _ bytes: [UInt8]
  ) async throws(ObjectStoreError) -> String?

  /// Writes an object, whatever was there.
  func put(_ key: String, _ bytes: [UInt8]) async throws(ObjectStoreError)

  /// An object; `nil` when there is none.
  func get(_ key: String) async throws(ObjectStoreError) -> StoredObject?

  /// The bytes of an object; `nil` when there is none.
  func size(of key: String) async throws(ObjectStoreError) -> Int?

  /// Keys that begin with `prefix`, in the order of their bytes, from the one after `key` on; at
  /// most a thousand.
  func list(_ prefix: String, after key: String?) async throws(ObjectStoreError) -> ObjectPage

  /// Removes an object, if it is there.
  func delete(_ key: String) async throws(ObjectStoreError)
}

/// What became of an object that was to be created.
public enum CreateOutcome: Sendable, Equatable {
  /// It was created, and has this tag.
  case created(tag: String)
  /// There is one of this key already.
  case exists
}

/// An object as it was read.
public struct StoredObject: Sendable, Equatable {
  /// What it holds.
  public var bytes: [UInt8]
  /// Another one after every write.
  public var tag: String

  /// An object of these parts.
  public init(bytes: [UInt8], tag: String) {
    self.bytes = bytes
    self.tag = tag
  }
}

/// Some of the objects in a store.
public struct ObjectPage: Sendable, Equatable {
  /// One object in a list.
  public struct Entry: Sendable, Equatable {
    /// Its key, without the prefix that the store adds to all.
    public var key: String
    /// Its bytes.
    public var size: Int

    /// An object in a list.
    public init(key: String, size: Int) {
      self.key = key
      self.size = size
    }
  }

  /// In the order of the keys' bytes.
  public var entries: [Entry]
  /// Whether there are more.
  public var isTruncated: Bool

  /// A page of a list.
  public init(entries: [Entry], isTruncated: Bool) {
    self.entries = entries
    self.isTruncated = isTruncated
  }
}

/// Why a store did not do what it was asked for.
public enum ObjectStoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// It could not be reached, did not answer in time, or said that it can't just now. What was
  /// asked for may have been done.
  case unreachable(String)
  /// It refused: for lack of a right, a bucket, or room.
  case refused(status: Int, code: String, message: String)
  /// What it answered is no answer to what it was asked.
  case malformed(String)
  /// It does not do what backups and replicas rely on.
  case unfit(String)

  /// What happened, as the rest of a sentence.
  public var description: String {
    switch self {
    case .unreachable(let reason): "the object store can't be reached: \(reason)"
    case .refused(let status, let code, let message):
      Self.refusal(status, code: code, message)
    case .malformed(let what): "the object store's answer can't be understood: \(what)"
    case .unfit(let what): "the object store can't be used: \(what)"
    }
  }

  /// What refuses without a code may be a proxy, or a server of another kind.
  private static func refusal(_ status: Int, code: String, _ message: String) -> String {
    if code.isEmpty, message.isEmpty {
      return """
        the object store refused (\(status)) and did not say why: look at its address, and at what \
        its key may do
        """
    }
    let cause = code.isEmpty ? "\(status)" : "\(status) \(code)"
    return "the object store refused (\(cause))\(message.isEmpty ? "" : ": \(message)")"
  }
}
