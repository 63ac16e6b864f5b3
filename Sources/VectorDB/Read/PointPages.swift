public import PointModel

/// The points of an answer, list by list and page by page: one list for each request.
///
/// Of long lists only the ids are held, and scores; payloads and vectors are read page by page, as
/// of the commit that the read began with, so that an answer of any length takes bounded memory.
/// Until the last page has been read that commit's records stay in the store: whoever reads the
/// pages must not stop for long.
public struct PointPages: Sendable {
  /// Some points of one list, or those of many short ones.
  public struct Page: Sendable {
    /// In the order of the answer.
    public fileprivate(set) var points: [ScoredPoint] = []
    /// How many of the points come before the end of each list that ends here, in order.
    public fileprivate(set) var listEnds: [Int] = []
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
  /// Points and ends of lists with which a page ends.
  private static let pageSteps = 2048

  /// The next points; `nil` after the last list.
  public mutating func next() async throws(CollectionError) -> Page? {
    guard list < lists.count else { return nil }
    guard let transaction else { return nextComplete() }
    let (lists, first) = (lists[list...], position)
    let page: Page
    (page, list, position) = try await transaction.run { (transaction) throws(CollectionError) in
      try transaction.trace.stage("hydrate") { () throws(CollectionError) in
        try Self.read(lists, from: first, in: transaction)
      }
    }
    return page
  }

  /// The next points of answers that are complete.
  private mutating func nextComplete() -> Page {
    var page = Page()
    while list < lists.count, page.points.count + page.listEnds.count < Self.pageSteps {
      if case .points(let points) = lists[list].found {
        if page.points.isEmpty { page.points = points } else { page.points += points }
      }
      page.listEnds.append(page.points.count)
      list += 1
    }
    return page
  }

  /// A page, and where the next one starts: the list, and the place in it.
  private static func read(
    _ lists: ArraySlice<List>, from first: Int, in transaction: ReadTransaction
  ) throws(CollectionError) -> (Page, list: Int, position: Int) {
    var page = Page()
    var (index, position, bytes) = (lists.startIndex, first, 0)
    while index < lists.endIndex, bytes < pageBytes,
      page.points.count + page.listEnds.count < pageSteps
    {
      let list = lists[index]
      position = try read(list, from: position, to: &page.points, &bytes, in: transaction)
      if position < list.found.count { break }
      page.listEnds.append(page.points.count)
      (index, position) = (index + 1, 0)
    }
    return (page, index, position)
  }

  /// Reads points of a list until `bytes` make a page.
  ///
  /// - Returns: where the rest of the list starts.
  private static func read(
    _ list: List, from first: Int, to points: inout [ScoredPoint], _ bytes: inout Int,
    in transaction: ReadTransaction
  ) throws(CollectionError) -> Int {
    let payload = PayloadSelection(list.payload)
    let before = bytes
    var (position, step) = (first, 1)
    try transaction.flag.check()
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
      let average = max(1, (bytes - before) / max(1, position - first))
      step = max(1, min(step * 2, stepMax, (pageBytes - bytes) / average))
    }
    return position
  }
}
