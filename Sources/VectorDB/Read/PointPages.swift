public import PointModel

/// The points of an answer, list by list and page by page: one list for each request.
///
/// Of long lists only the ids are held, and scores; payloads and vectors are read page by page, as
/// of the commit that the read began with, so that an answer of any length takes bounded memory.
/// Until the last page has been read that commit's records stay in the store: whoever reads the
/// pages must not stop for long.
public struct PointPages: Sendable {
  /// Some points of one list.
  public struct Page: Sendable {
    /// In the order of the answer.
    public let points: [ScoredPoint]
    /// Whether the list ends with them.
    public let endsList: Bool
  }

  /// Points of which some are known by their ids alone.
  enum Found: Sendable {
    /// In full, or with nothing but scores.
    case points([ScoredPoint])
    /// Points that may or may not be there.
    case ids([PointID])

    var count: Int {
      switch self {
      case .points(let points): points.count
      case .ids(let ids): ids.count
      }
    }
  }

  /// What one request found, and what it wants to know of it.
  struct List: Sendable {
    let found: Found
    let payload: PayloadSelector
    let vector: VectorSelector
  }

  private let lists: [List]
  /// Where the rest is read; `nil` when there is no rest.
  private let transaction: ReadTransaction?
  private let lease: MemoryLease?
  /// Of answers that are complete.
  private let meter: AnswerMeter?
  private var list = 0
  private var position = 0

  /// Answers that are complete, counted by `meter`.
  init(_ lists: [[ScoredPoint]], _ meter: AnswerMeter?) {
    self.meter = meter
    self.lists = lists.map { List(found: .points($0), payload: .none, vector: .none) }
    transaction = nil
    lease = nil
  }

  /// Answers whose payloads and vectors are read as they are asked for.
  init(_ lists: [List], in transaction: ReadTransaction, lease: MemoryLease?) {
    self.lists = lists
    var transaction = transaction
    transaction.isContinued = true
    self.transaction = transaction
    self.lease = lease
    meter = nil
  }

  /// Bytes of payloads and vectors beyond which a page ends.
  private static let pageBytes = 1 << 20
  /// Points that are read at once, once it is known that they are not large.
  private static let stepMax = 32

  /// The next points; `nil` after the last list.
  public mutating func next() async throws(CollectionError) -> Page? {
    guard list < lists.count else { return nil }
    let current = lists[list]
    var points: [ScoredPoint] = []
    var end = current.found.count
    if let transaction {
      let first = position
      (points, end) = try await transaction.run { (transaction) throws(CollectionError) in
        try transaction.trace.stage("hydrate") { () throws(CollectionError) in
          try Self.read(current, from: first, in: transaction)
        }
      }
    } else if case .points(let whole) = current.found {
      points = whole
    }
    let endsList = end == current.found.count
    position = endsList ? 0 : end
    if endsList { list += 1 }
    return Page(points: points, endsList: endsList)
  }

  /// A page's points, and where the next page starts.
  private static func read(
    _ list: List, from first: Int, in transaction: ReadTransaction
  ) throws(CollectionError) -> ([ScoredPoint], Int) {
    var points: [ScoredPoint] = []
    let payload = PayloadSelection(list.payload)
    var (position, bytes, step) = (first, 0, 1)
    while position < list.found.count, bytes < pageBytes {
      try transaction.flag.check()
      let range = position..<min(position + step, list.found.count)
      let bare: [ScoredPoint] =
        switch list.found {
        case .points(let points): Array(points[range])
        case .ids(let ids):
          ids[range].map { ScoredPoint(record: Record(id: $0), version: 0, score: 0) }
        }
      let places = try transaction.locations(of: bare.map(\.record.id))
      let there = bare.indices.filter { places[$0] != nil }
      let offsets = there.compactMap { places[$0]?.offset }
      try transaction.visitRecords(at: offsets) { (index, view) throws(CollectionError) in
        var point = bare[there[index]]
        let order = point.record.orderValue
        point.record = try transaction.record(
          view, at: offsets[index], payload: payload, vector: list.vector)
        point.record.orderValue = order
        bytes += transaction.bytes(of: point.record)
        points.append(point)
      }
      position = range.upperBound
      let average = max(1, bytes / max(1, position - first))
      step = max(1, min(step * 2, stepMax, (pageBytes - bytes) / average))
    }
    return (points, position)
  }
}
