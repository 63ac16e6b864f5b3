/// What memory is taken for: whether it is kept, and the word for it in a refusal.
public struct MemoryPurpose: Sendable {
  /// Who takes it, as in "this write needs about".
  let taker: String
  /// Whether what is taken stays after the lease has ended, and is then part of the formula of
  /// <doc:Memory>.
  package let isKept: Bool

  /// The body of a request, and what is decoded from it.
  public static let request = MemoryPurpose(taker: "this request", isKept: false)
  /// An answer until it is sent.
  public static let answer = MemoryPurpose(taker: "this answer", isKept: false)
  /// What a request works with while it is carried out.
  static let work = MemoryPurpose(taker: "this request", isKept: false)
  /// Rows that a write adds.
  package static let upsert = MemoryPurpose(taker: "this write", isKept: true)
  /// Payloads and vectors that change points which are there.
  static let update = MemoryPurpose(taker: "this write", isKept: true)
  /// A collection that is made of a snapshot.
  static let recovery = MemoryPurpose(taker: "this recovery", isKept: true)
  /// Collections, vectors and payload indexes, before they have anything in them.
  static let catalogue = MemoryPurpose(taker: "this change", isKept: true)
  /// Keys and rows of a payload index.
  static let payloadIndex = MemoryPurpose(taker: "this payload index", isKept: true)
  /// Vectors that come from files into memory.
  static let vectorsInMemory = MemoryPurpose(taker: "having these vectors in memory", isKept: true)
  /// Lists of a vector index.
  static let vectorIndex = MemoryPurpose(taker: "this index", isKept: true)
  /// What a thread works with that helps to build an index.
  static let buildHelp = MemoryPurpose(taker: "help with this index", isKept: false)
}
