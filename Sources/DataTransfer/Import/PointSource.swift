/// Files that points are read from, in an order that never changes.
package protocol PointSource: AnyObject {
  /// The size of the whole, for progress.
  var total: Int { get }
  /// The dimension of the points' only vector; `nil` when they have named ones, or there are none.
  var dimension: Int? { get }
  /// How much of ``total`` lies before a position.
  func done(at position: ImportPosition) -> Int
  /// The next points, `nil` behind the last.
  func nextBatch() throws(TransferError) -> PointBatch?
}

/// Points that go to the server in one request.
package struct PointBatch: Sendable {
  /// The body of the upsert.
  package let body: [UInt8]
  /// How many points it holds.
  package let count: Int
  /// The id of the last one, as JSON.
  let lastID: [UInt8]
  /// Where the source stands once they are stored.
  let end: ImportPosition
}

/// How far into its source an import has come.
package struct ImportPosition: Sendable, Equatable {
  /// Records before it.
  var records = 0
  /// Bytes of the JSONL file before it.
  var bytes = 0

  /// The beginning.
  package init(records: Int = 0, bytes: Int = 0) {
    self.records = records
    self.bytes = bytes
  }
}
