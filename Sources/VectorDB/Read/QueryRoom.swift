import PointModel

/// Memory for what the queries of a request search with, where that is much: the vectors of the
/// points that they name, what is made ready of each, and the trees of a batch.
struct QueryRoom {
  /// Vectors of one request for which no memory is taken.
  private static let vectorsUncounted = 256
  /// How often the elements of a vector are there at once: as they are stored, as their field
  /// searches with them, and as rows and lists are compared with them.
  private static let copies = 4
  /// What a vector takes beside its elements, in bytes: a search of its own.
  private static let searchBytes = 4 << 10

  private let transaction: ReadTransaction
  private var bytes = 0

  /// Takes memory for the vectors that `requests` search with; `nil` where they are few.
  ///
  /// - Throws: as ``Database/lease(_:for:)``.
  static func lease(
    for requests: [QueryRequest], in transaction: ReadTransaction
  ) throws(CollectionError) -> MemoryLease? {
    let count = requests.reduce(0) { $0 + $1.root.vectorCount }
    if count <= vectorsUncounted { return nil }
    var room = QueryRoom(transaction: transaction)
    for request in requests { room.add(request.root) }
    return try transaction.collection.core.memory.lease(room.bytes, for: .answer)
  }

  private init(transaction: ReadTransaction) { self.transaction = transaction }

  private mutating func add(_ node: QueryNode) {
    let count = node.query?.vectorCount ?? 0
    if count > 0, let view = try? transaction.view(named: node.using, context: "") {
      let vector = Self.searchBytes + Self.copies * view.field.rowBytes
      bytes = bytes.addingSaturating(count.multipliedSaturating(by: vector))
    }
    for child in node.prefetch { add(child) }
  }
}

extension QueryNode {
  /// How many vectors the queries of the tree are about, given or named by points.
  fileprivate var vectorCount: Int {
    prefetch.reduce(query?.vectorCount ?? 0) { $0 + $1.vectorCount }
  }
}
