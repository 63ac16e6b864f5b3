import FastJSON
import PointModel

/// Finds the groups with the best points, and the best points of each. Blocking.
///
/// First points are asked for, best first and more each time, until enough groups have been seen;
/// points that would add no group are left out. Then each group that is not full is asked for by
/// its value. Of queries over prefetches, and of those that find others when asked again, the
/// points are gathered as they are found. A fusion is first made of what the prefetches find by
/// their own limits, so that what it finds has the scores that it has without groups; others are
/// asked for where these fill too few groups.
struct GroupedQuery {
  private let transaction: ReadTransaction
  private let request: GroupsRequest
  private let meter: AnswerMeter?

  /// How often points are asked for, twice as many each time, before the groups found must do.
  private static let roundsMax = 12

  /// - Parameter meter: what counts the hits of the answer.
  init(_ request: GroupsRequest, in transaction: ReadTransaction, meter: AnswerMeter?) {
    self.transaction = transaction
    self.meter = meter
    var request = request
    // As many candidates as groups are wanted, however many points are asked for.
    if request.query.root.prefetch.isEmpty,
      case .mmr(let value, let diversity, nil) = request.query.root.query
    {
      request.query.root.query = .mmr(value, diversity: diversity, candidates: request.limit)
    }
    self.request = request
  }

  /// Groups in the order in which their best points were found.
  private struct Found {
    var ids: [GroupID] = []
    var hits: [GroupID: GroupHits] = [:]
    /// Whether no point of a group is missing in `hits`.
    var isComplete = false
  }

  func groups() throws(CollectionError) -> [PointGroup] {
    let isSearch = request.query.root.prefetch.isEmpty && isRepeatable
    var groups = try isSearch ? searched() : gathered()
    try complete(&groups)
    return groups
  }

  private func searched() throws(CollectionError) -> [PointGroup] {
    var found = try find()
    let ids = Array(found.ids.prefix(request.limit))
    if !found.isComplete { try fill(ids, &found) }
    return ids.map { id in
      PointGroup(id: id, hits: Array((found.hits[id]?.points ?? []).prefix(request.groupSize)))
    }
  }

  /// How often prefetches are asked for more groups, and then for more of the best groups, each
  /// time for points that were not there before.
  private static let gatheringRounds = 5

  private func gathered() throws(CollectionError) -> [PointGroup] {
    var collector = GroupCollector(
      request, order: request.query.root.order(in: transaction))
    if request.query.root.fuses { try fuse(into: &collector) }
    let limit = request.limit.multipliedSaturating(by: request.groupSize)
    for isFilling in [false, true] {
      for round in 0..<Self.gatheringRounds where !collector.isComplete {
        if round > 0 { try transaction.flag.check() }
        let ids = isFilling ? collector.unfilled : collector.full
        let values = Set(ids.map(\.matchValue))
        var conditions: [Condition] = []
        if !values.isEmpty {
          conditions = [.match(key: request.groupBy, isFilling ? .any(values) : .except(values))]
        }
        var query = query(conditions, limit: limit)
        query.filter = query.filter?.merged(
          with: Filter(mustNot: collector.points.isEmpty ? [] : [.hasID(collector.points)]))
        for index in query.root.prefetch.indices {
          query.root.prefetch[index].multiplyLimits(by: request.groupSize)
        }
        let points = try run([query])[0]
        for point in points { collector.add(point, to: try groupIDs(of: point)) }
        if points.isEmpty { break }
      }
    }
    return collector.groups
  }

  /// Adds all that the query finds without groups.
  private func fuse(into collector: inout GroupCollector) throws(CollectionError) {
    var query = request.query
    query.offset = 0
    query.limit = query.root.prefetch.reduce(0) { $0.addingSaturating($1.limit) }
    query.withVector = .none
    query.withPayload = groupValue
    for point in try run([query])[0] { collector.add(point, to: try groupIDs(of: point)) }
  }

  /// Whether asking again gives the same order.
  private var isRepeatable: Bool {
    switch request.query.query {
    case .sample, .mmr: false
    case nil, .nearest, .recommend, .discover, .context, .feedback, .fusion, .formula, .orderBy:
      true
    }
  }

  private func find() throws(CollectionError) -> Found {
    var found = Found()
    var count = request.limit.multipliedSaturating(by: request.groupSize)
    for round in 0..<Self.roundsMax {
      if round > 0 { try transaction.flag.check() }
      let known = Set(found.ids.map(\.matchValue))
      let conditions: [Condition] =
        known.isEmpty ? [] : [.match(key: request.groupBy, .except(known))]
      let points = try run([query(conditions, limit: count)])[0]
      for point in points { try add(point, to: &found) }
      if points.count < count {
        found.isComplete = round == 0
        return found
      }
      if found.ids.count >= request.limit { return found }
      count = count.multipliedSaturating(by: 2)
    }
    return found
  }

  private func fill(_ ids: [GroupID], _ found: inout Found) throws(CollectionError) {
    let open = ids.filter { (found.hits[$0]?.points.count ?? 0) < request.groupSize }
    var queries: [QueryRequest] = []
    var asked: [GroupID] = []
    for id in open {
      queries.append(
        query([.match(key: request.groupBy, .value(id.matchValue))], limit: request.groupSize))
      asked.append(id)
    }
    for (id, points) in zip(asked, try run(queries)) { found.hits[id] = GroupHits(points) }
  }

  private func add(_ point: ScoredPoint, to found: inout Found) throws(CollectionError) {
    for id in try groupIDs(of: point) {
      if found.hits[id] == nil { found.ids.append(id) }
      found.hits[id, default: GroupHits()].add(point)
    }
  }

  /// The groups that a point belongs to, each once. A value that makes no group takes the point out
  /// of all of them, as in Qdrant.
  private func groupIDs(of point: ScoredPoint) throws(CollectionError) -> [GroupID] {
    let root: JSONElement
    do {
      root = try JSONDocument(parsing: point.record.payload?.json ?? Payload.empty.json).root
    } catch {
      throw .storage("the payload of point \(point.record.id) is damaged: \(error.message)")
    }
    var ids: [GroupID] = []
    var known: Set<GroupID> = []
    let hasOther = request.groupBy.containsElement(in: root) { element in
      guard let id = GroupID(element) else { return true }
      if known.insert(id).inserted { ids.append(id) }
      return false
    }
    return hasOther ? [] : ids
  }

  /// The part of payloads that says which groups a point belongs to.
  private var groupValue: PayloadSelector {
    var path = request.groupBy.steps
    while path.last == .everyElement { path.removeLast() }
    return .include([PayloadPath(steps: path)])
  }

  private func query(_ conditions: [Condition], limit: Int) -> QueryRequest {
    var query = request.query
    query.offset = 0
    query.limit = limit
    query.withVector = .none
    query.withPayload = groupValue
    query.filter = (query.filter ?? Filter()).merged(
      with: Filter(must: conditions, mustNot: [.isEmpty(key: request.groupBy)]))
    return query
  }

  private func run(_ queries: [QueryRequest]) throws(CollectionError) -> [[ScoredPoint]] {
    return try QueryExecution(transaction).results(of: queries)
  }

  /// Gives every hit what the request asks for.
  private func complete(_ groups: inout [PointGroup]) throws(CollectionError) {
    let ids = Set(groups.flatMap { $0.hits.map(\.record.id) }).sorted()
    let offsets = try transaction.locations(of: ids).compactMap { $0?.offset }
    var records: [PointID: Record] = [:]
    var transaction = transaction
    transaction.meter = meter
    let payload = PayloadSelection(request.query.withPayload)
    try transaction.visitRecords(at: offsets) { (index, view) throws(CollectionError) in
      records[view.id] = try transaction.record(
        view, at: offsets[index], payload: payload, vector: request.query.withVector)
    }
    for group in groups.indices {
      for hit in groups[group].hits.indices {
        let old = groups[group].hits[hit].record
        guard var record = records[old.id] else { continue }
        record.orderValue = old.orderValue
        groups[group].hits[hit].record = record
      }
    }
  }
}

extension QueryNode {
  /// Whether a score in the tree depends on what else its prefetches found.
  fileprivate var fuses: Bool {
    if case .fusion = query { return true }
    return prefetch.contains(where: \.fuses)
  }

  /// Has the tree hand on more points.
  fileprivate mutating func multiplyLimits(by factor: Int) {
    limit = limit.multipliedSaturating(by: factor)
    for index in prefetch.indices { prefetch[index].multiplyLimits(by: factor) }
  }
}

extension GroupID {
  /// The group of a payload's value; `nil` for values that make none.
  fileprivate init?(_ element: JSONElement) {
    if let string = element.string {
      self = .string(string)
    } else if let integer = element.int64 {
      self = .integer(integer)
    } else if let unsigned = element.uint64 {
      self = .unsigned(unsigned)
    } else {
      return nil
    }
  }
}

extension Int {
  /// The product, or the greatest integer when it would be greater. Both are at least 0.
  func multipliedSaturating(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
