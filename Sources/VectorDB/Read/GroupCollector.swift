import PointModel

/// The points of a group, each once.
struct GroupHits {
  private(set) var points: [ScoredPoint] = []
  private var known: Set<PointID> = []

  /// No points.
  init() {}

  /// Points of which each is there once.
  init(_ points: [ScoredPoint]) {
    self.points = points
    known = Set(points.lazy.map(\.record.id))
  }

  /// Adds a point; whether it was none of them.
  @discardableResult
  mutating func add(_ point: ScoredPoint) -> Bool {
    guard known.insert(point.record.id).inserted else { return false }
    points.append(point)
    return true
  }
}

/// Gathers groups from answers to several requests, as Qdrant does: for queries whose scores depend
/// on what else was found, so that a point's score is that of the request that found it first.
struct GroupCollector {
  /// Which of two points is better.
  enum Order {
    case higherScores
    case lowerScores
    /// The one that was found first.
    case none
  }

  private let order: Order
  private let groupSize: Int
  private let groupsMax: Int
  /// Groups in the order in which they were met.
  private var ids: [GroupID] = []
  private var hits: [GroupID: GroupHits] = [:]
  private var best: [GroupID: ScoredPoint] = [:]
  /// Every point that belongs to a group.
  private(set) var points: Set<PointID> = []

  init(_ request: GroupsRequest, order: Order) {
    self.order = order
    groupSize = request.groupSize
    groupsMax = request.limit
  }

  /// Takes a point into its groups.
  mutating func add(_ point: ScoredPoint, to groups: [GroupID]) {
    for id in groups {
      if hits[id] == nil { ids.append(id) }
      guard hits[id, default: GroupHits()].add(point) else { continue }
      points.insert(point.record.id)
      if best[id].map({ isBetter(point, than: $0) }) ?? true { best[id] = point }
    }
  }

  /// Groups that have as many points as are wanted.
  var full: [GroupID] { ids.filter(isFull) }

  /// Those of the best groups that have fewer.
  var unfilled: [GroupID] { bestGroups.filter { !isFull($0) } }

  /// Whether there are as many groups as are wanted, all of them full.
  var isComplete: Bool { bestGroups.lazy.filter(isFull).count >= groupsMax }

  /// The best groups with their best points.
  var groups: [PointGroup] {
    bestGroups.map { id in
      PointGroup(id: id, hits: Array(sorted(hits[id]?.points ?? []) { $0 }.prefix(groupSize)))
    }
  }

  private var bestGroups: [GroupID] {
    Array(sorted(ids) { best[$0] }.prefix(groupsMax))
  }

  private func isFull(_ id: GroupID) -> Bool { hits[id]?.points.count ?? 0 >= groupSize }

  private func isBetter(_ point: ScoredPoint, than other: ScoredPoint) -> Bool {
    switch order {
    case .none: return false
    case .higherScores:
      if let own = point.record.orderValue, let others = other.record.orderValue {
        return own > others
      }
      return point.score > other.score
    case .lowerScores:
      if let own = point.record.orderValue, let others = other.record.orderValue {
        return own < others
      }
      return point.score < other.score
    }
  }

  /// Best first; what is equally good stays in its order.
  private func sorted<Element>(
    _ elements: [Element], by point: (Element) -> ScoredPoint?
  ) -> [Element] {
    let points = elements.map(point)
    let order = elements.indices.sorted { left, right in
      guard let first = points[left], let second = points[right] else { return left < right }
      if isBetter(first, than: second) { return true }
      return left < right && !isBetter(second, than: first)
    }
    return order.map { elements[$0] }
  }
}

extension QueryNode {
  /// Which of two points that the query found is better.
  func order(in transaction: ReadTransaction) -> GroupCollector.Order {
    switch query {
    case nil, .sample, .mmr: return .none
    case .orderBy(let order): return order.direction == .ascending ? .lowerScores : .higherScores
    case .recommend(let query) where query.strategy != .averageVector: return .higherScores
    case .nearest, .recommend:
      let view = transaction.view(named: using)
      return view?.distance.higherIsNearer ?? true ? .higherScores : .lowerScores
    case .discover, .context, .feedback, .fusion, .formula: return .higherScores
    }
  }
}
