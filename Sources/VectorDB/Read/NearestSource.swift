import PointModel
import RowSets
import VectorIndex

/// A query resolved to the vector it searches with and the neighbours it wants.
struct NearestSearch {
  let view: any FieldView
  /// Prepared by the field.
  let vector: VectorValue
  /// Neighbours wanted in all.
  let count: Int
  /// Those of them that the first page has; no more than `count`.
  let first: Int
  let filter: Filter?
  let params: SearchParams
  /// What its ranking is kept under; `nil` if it is not, as it is the same each time.
  let question: RankingQuestion?
  /// Whether it is part of a further page, which goes on where those before it ended.
  let continues: Bool
}

/// Finds the nearest points, through the index if there is one.
struct NearestSource {
  private let transaction: ReadTransaction
  private let scans: FilterScans
  /// Whether searches go on until they have found as many points as are wanted.
  var fillsUp = true

  init(_ transaction: ReadTransaction, _ scans: FilterScans) {
    self.transaction = transaction
    self.scans = scans
  }

  /// The neighbours that each search wants; of one that wants more than its first page, a ranking
  /// that does not depend on how many.
  ///
  /// First pages without a filter, or with one whose rows are known, that spend the same effort on
  /// the same vector are searched for together; others alone.
  func neighbors(of searches: [NearestSearch]) throws(CollectionError) -> [[Neighbor]] {
    var results = [[Neighbor]](repeating: [], count: searches.count)
    let known = searches.map(kept)
    var isStable = [Bool](repeating: false, count: searches.count)
    for view in transaction.fields {
      var groups: [(params: SearchParams, members: [(index: Int, query: FieldQuery)])] = []
      for (index, search) in searches.enumerated() {
        guard search.view.field === view.field, search.first > 0, known[index] == nil else {
          continue
        }
        var query = FieldQuery(value: search.vector, limit: search.first)
        if let filter = search.filter {
          let (scan, known) = try scans.scan(filter)
          guard let rows = known else {
            results[index] = try ranked(search, search.first, filter, scan)
            continue
          }
          if rows.count == 0 { continue }
          query.allowed = rows
          isStable[index] =
            !transaction.state.movesRows && view.scoresAll(of: rows, search.params)
        }
        // Pages after the first are none of those that an index is calibrated with: a calibration
        // amid them could change their order.
        query.isTypical = query.allowed == nil && search.first == search.count
        let latest = groups.indices.suffix(Self.groupsCompared)
        if let group = latest.last(where: { groups[$0].params == search.params }) {
          groups[group].members.append((index, query))
        } else {
          groups.append((search.params, [(index, query)]))
        }
      }
      for group in groups {
        let found = try nearest(group.members.map(\.query), view, group.params)
        for (member, neighbors) in zip(group.members, found) { results[member.index] = neighbors }
      }
    }
    for (index, search) in searches.enumerated() where search.first > 0 {
      var ranking =
        known[index]
        ?? RankingMemory.Ranking(
          rows: results[index], isComplete: results[index].count < search.first)
      let isLonger = !ranking.isComplete && ranking.rows.count < search.count
      if isLonger { try go(on: &ranking, search) }
      if isStable[index] {
        forget(search)
      } else if known[index] == nil || isLonger {
        keep(ranking, search)
      }
      results[index] =
        ranking.rows.count > search.count
        ? Array(ranking.rows.prefix(search.count)) : ranking.rows
    }
    return results
  }

  /// Searches of a request seldom spend different efforts; those of one effort among many may be
  /// parted.
  private static let groupsCompared = 16

  /// The ranking that a further page goes on with.
  private func kept(_ search: NearestSearch) -> RankingMemory.Ranking? {
    guard search.continues, let question = search.question else { return nil }
    return transaction.ranking(for: question)
  }

  /// Keeps a ranking for further pages.
  private func keep(_ ranking: RankingMemory.Ranking, _ search: NearestSearch) {
    guard let question = search.question, fillsUp || !ranking.isComplete else { return }
    transaction.collection.core.rankings.keep(ranking, for: question)
  }

  /// Who begins anew, and finds the same each time, goes on with nothing older.
  private func forget(_ search: NearestSearch) {
    guard let question = search.question, !search.continues else { return }
    transaction.collection.core.rankings.forget(question)
  }

  /// About what a search takes, as the bytes that are read in that time; beyond all bounds where it
  /// may wait for a disk, or where a filter lets more rows pass than can be scored within `most`.
  func briefCost(of search: NearestSearch, most: Int) throws(CollectionError) -> Int {
    if search.view.waitsForDisk { return .max }
    var read = 0
    var scoresAll = false
    if let filter = search.filter, !filter.isEmpty {
      // A row out of turn takes about twice as long as one in turn.
      let rowBytes = 2 * max(search.view.field.rowBytes, Self.leastRowBytes)
      guard let rows = try scans.briefRows(filter, most: most / rowBytes) else { return .max }
      read = rows.count * rowBytes
      scoresAll = search.view.scoresAll(of: rows, search.params)
    }
    if !scoresAll {
      read = max(read, bytesRead(search.view, search.params, limit: search.count))
    }
    return Self.queryBytes + read + search.count * Self.neighborBytes
  }

  /// Whether a search whose cost is known to be brief may find more than so many neighbours, if it
  /// goes on until it has as many as it wants.
  func mayFindMore(
    than count: Int, _ search: NearestSearch
  ) throws(CollectionError) -> Bool {
    if search.view.isExact(search.params) { return false }
    let all = min(search.count, transaction.pointsCount)
    if count >= all { return false }
    guard let filter = search.filter, !filter.isEmpty,
      let rows = try scans.briefRows(filter, most: .max)
    else { return true }
    return count < rows.count && !search.view.scoresAll(of: rows, search.params)
  }

  /// About how many bytes the search for the rows nearest to one vector reads.
  func bytesRead(_ view: any FieldView, _ params: SearchParams, limit: Int) -> Int {
    view.bytesRead(limit: limit, sharing(params))
  }

  /// About what it takes to return so many points from memory, likewise.
  func briefCost(of count: Int, returning selector: VectorSelector) -> Int {
    var hit = Self.hitBytes
    for view in transaction.fields {
      let isReturned =
        switch selector {
        case .none: false
        case .all: true
        case .names(let names): names.contains(view.name)
        }
      if isReturned, view.waitsForDisk { return .max }
      if isReturned { hit += view.field.rowBytes }
    }
    return count.multipliedSaturating(by: hit)
  }

  /// What a query costs whatever it finds, as bytes read in that time.
  static let queryBytes = 32 << 10
  /// What a row found and a point returned cost besides.
  private static let neighborBytes = 1 << 10
  private static let leastRowBytes = 64
  private static let hitBytes = 3 << 10

  // MARK: Pages

  /// Neighbours of the second search, and how many times as many each next one wants.
  private static let secondSearch = 128
  private static let growth = 4

  /// Makes a ranking, of which the first page at least is there, as long as is wanted.
  ///
  /// An index that is asked for more also finds other rows, which may belong before those it found
  /// when asked for fewer. So pages are slices of one ranking: the first page as it is found alone,
  /// then of ever larger searches, whose sizes are the same for all pages, what ranks after that.
  /// Rows that were missed at first come at the very end.
  private func go(
    on ranking: inout RankingMemory.Ranking, _ search: NearestSearch
  ) throws(CollectionError) {
    let rows = Int(transaction.visibility.rowCount)
    var known = Set(ranking.rows.map(\.offset))
    var missed: Set<UInt32> = []
    var size = Self.secondSearch
    while size <= ranking.rows.count { size = size.multipliedSaturating(by: Self.growth) }
    while ranking.rows.count < search.count {
      let limit = min(size, rows)
      let found = try neighbors(of: search, limit)
      for neighbor in found where !known.contains(neighbor.offset) {
        // Of equal scores any may follow: rows may have been moved since the last one was found.
        if let last = ranking.rows.last, neighbor.score > last.score {
          missed.insert(neighbor.offset)
        } else {
          ranking.rows.append(neighbor)
          known.insert(neighbor.offset)
        }
      }
      if found.count < limit || limit == rows {
        ranking.rows += found.filter { missed.contains($0.offset) }
        ranking.isComplete = true
        return
      }
      size = size.multipliedSaturating(by: Self.growth)
    }
  }

  /// The nearest `limit` neighbours of one search.
  private func neighbors(
    of search: NearestSearch, _ limit: Int
  ) throws(CollectionError) -> [Neighbor] {
    var query = FieldQuery(value: search.vector, limit: limit)
    if let filter = search.filter {
      let (scan, known) = try scans.scan(filter)
      guard let rows = known else { return try ranked(search, limit, filter, scan) }
      query.allowed = rows
    }
    return try nearest([query], search.view, search.params)[0]
  }

  // MARK: Searches

  /// Searches that run together: what each holds while it runs is as much as a small answer.
  private static let searchesAtOnce = 256

  /// The nearest rows, through the index if there is one and the request does not forbid it.
  func nearest(
    _ queries: [FieldQuery], _ view: any FieldView, _ params: SearchParams
  ) throws(CollectionError) -> [[Neighbor]] {
    if queries.count <= Self.searchesAtOnce { return try together(queries, view, params) }
    var found: [[Neighbor]] = []
    for start in stride(from: 0, to: queries.count, by: Self.searchesAtOnce) {
      let part = queries[start..<min(start + Self.searchesAtOnce, queries.count)]
      found += try together(Array(part), view, params)
    }
    return found
  }

  private func together(
    _ queries: [FieldQuery], _ view: any FieldView, _ params: SearchParams
  ) throws(CollectionError) -> [[Neighbor]] {
    let found = try interruptible { () throws(SearchInterrupted) in
      var search = sharing(params)
      search.trace = transaction.explanation?.trace
      return try view.search(queries, search, shouldStop: transaction.flag.shouldStop)
    }
    transaction.explanation?.note(queries, view, rows: Int(transaction.visibility.rowCount))
    return found
  }

  private func interruptible<Value>(
    _ body: () throws(SearchInterrupted) -> Value
  ) throws(CollectionError) -> Value {
    do throws(SearchInterrupted) {
      return try body()
    } catch {
      throw transaction.flag.failure
    }
  }

  private func sharing(_ params: SearchParams) -> FieldSearch {
    FieldSearch(
      params: params,
      recallTarget: transaction.state.config.recallTarget ?? Self.recallTarget,
      fillsUp: fillsUp, visibility: transaction.visibility)
  }

  /// The recall@10 that searches aim at where nothing else is said.
  private static let recallTarget = 0.98

  // MARK: Filters

  /// Takes the nearest of the points that can pass in order and tests each; when too few do,
  /// tests them all and searches what is left.
  private func ranked(
    _ search: NearestSearch, _ limit: Int, _ filter: Filter, _ scan: FilterScan
  ) throws(CollectionError) -> [Neighbor] {
    let budget = transaction.collection.core.options.limits.lazyFilterCandidatesMax
    if let passed = try firstPassing(search, limit, scan, budget: budget) { return passed }
    let allowed = try scans.rows(filter)
    let query = FieldQuery(value: search.vector, limit: limit, allowed: allowed)
    return try nearest([query], search.view, search.params)[0]
  }

  /// The neighbours among the nearest `budget` rows that pass, or `nil` if they are too few.
  private func firstPassing(
    _ search: NearestSearch, _ limit: Int, _ scan: FilterScan, budget: Int
  ) throws(CollectionError) -> [Neighbor]? {
    let query = FieldQuery(value: search.vector, limit: 0, allowed: scan.possibleRows())
    var candidates = try interruptible { () throws(SearchInterrupted) in
      try search.view.ranking(
        query, sharing(search.params), shouldStop: transaction.flag.shouldStop)
    }
    var passed: [Neighbor] = []
    var tested = 0
    var step = max(64, limit)
    while passed.count < limit {
      guard tested < budget else { return nil }
      let next = try interruptible { () throws(SearchInterrupted) in
        try candidates.next(step, shouldStop: transaction.flag.shouldStop)
      }
      if next.isEmpty {
        guard candidates.isComplete else { return nil }
        break
      }
      try transaction.visitRecords(at: next.map(\.offset)) {
        (index, record) throws(CollectionError) in
        if try scan.passes(record, at: next[index].offset) { passed.append(next[index]) }
      }
      tested += next.count
      step = min(1024, step * 2)
    }
    transaction.explanation?.note(recordsRead: tested, search.view)
    return Array(passed.sorted { $0.ranks(before: $1) }.prefix(limit))
  }
}
