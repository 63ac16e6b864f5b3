/// Enters rows where they belong among centroids of which some are new: the rows of lists that are
/// gone or were split, and those of other lists that are nearer to new centroids.
struct Resettlement {
  private let quantizer: CoarseQuantizer
  private let encoder: RowEncoder
  private let rows: DenseColumnView
  private let reader: RowReader
  private let visibility: VisibilityView
  /// Entries of lists that are no more.
  private var homeless: [UInt32] = []
  /// Lists that begin without entries, ascending.
  private var begun: [Int] = []
  private var rewritten: Set<Int> = []
  /// Entries that may leave their list, by list, ascending.
  private var invited: [(list: Int, rows: [UInt32])] = []

  init(
    _ quantizer: CoarseQuantizer, assignsTwice: Bool, rows: DenseColumnView,
    visibility: VisibilityView
  ) {
    self.quantizer = quantizer
    self.rows = rows
    self.visibility = visibility
    encoder = RowEncoder(quantizer, assignsTwice: assignsTwice)
    reader = RowReader(rows, metric: quantizer.metric, batch: encoder.batch)
  }

  /// Takes entries that need a list.
  mutating func unsettle(_ rows: [UInt32]) { homeless += rows }

  /// Says that a list is new.
  mutating func begin(_ list: Int) { begun.append(list) }

  /// Says that a list is to be without its dead entries.
  mutating func rewrite(_ list: Int) { rewritten.insert(list) }

  /// Looks in `numbers` of `lists` for rows that are nearer to a new list.
  mutating func invite(_ numbers: [Int], in lists: [InvertedList]) {
    if begun.isEmpty { return }
    let scan = NewcomerScan(quantizer, newcomers: begun)
    for number in numbers {
      let near = scan.rows(of: lists[number], number: number).filter(isThere)
      if !near.isEmpty { invited.append((number, near)) }
    }
  }

  private func isThere(_ row: UInt32) -> Bool {
    visibility.isVisible(row) && rows.contains(row)
  }

  /// Puts entries where they belong. A row that is in its nearest list already comes into its
  /// second one, and one that is in both has an entry less.
  func finish(_ lists: inout [InvertedList]) {
    let homes = assign(homeless + invited.flatMap(\.rows))
    var moving = homeless
    var leaving: [Int: Set<UInt32>] = [:]
    for (list, rows) in invited {
      for row in rows {
        guard let home = homes[row], home.first != list, home.second != list else { continue }
        leaving[list, default: []].insert(row)
        moving.append(row)
      }
    }
    for list in rewritten.union(leaving.keys) {
      let gone = leaving[list] ?? []
      lists[list] = lists[list].keeping(quantizer.layout) {
        isThere($0) && !gone.contains($0)
      }
    }
    var present = Dictionary(uniqueKeysWithValues: begun.map { ($0, Set<UInt32>()) })
    var arriving: [Int: [UInt32]] = [:]
    for row in moving {
      guard let home = homes[row] else { continue }
      for list in [home.first, home.second] where list >= 0 {
        if present[list] == nil {
          var rows: Set<UInt32> = []
          lists[list].forEachRow { rows.insert($0) }
          present[list] = rows
        }
        guard present[list]?.insert(row).inserted == true else { continue }
        arriving[list, default: []].append(row)
        break
      }
    }
    for (list, rows) in arriving { lists[list] = enter(rows, into: lists[list], number: list) }
  }

  private func assign(_ rows: [UInt32]) -> [UInt32: (first: Int, second: Int)] {
    var homes: [UInt32: (first: Int, second: Int)] = [:]
    homes.reserveCapacity(rows.count)
    let different = Set(rows).sorted()
    for start in stride(from: 0, to: different.count, by: encoder.batch) {
      let batch = different[start..<min(different.count, start + encoder.batch)]
      withExtendedLifetime(reader) { encoder.assign(reader.rows(batch)) }
      for (index, row) in batch.enumerated() {
        let second = encoder.secondary[index]
        homes[row] = (
          Int(encoder.primary[index]), second == CodeLayout.noRow ? -1 : Int(second)
        )
      }
    }
    return homes
  }

  private func enter(_ rows: [UInt32], into list: InvertedList, number: Int) -> InvertedList {
    let layout = quantizer.layout
    guard list.entryCount == 0, let run = ListAllocation.runs(for: [rows.count], layout: layout)[0]
    else {
      var appender = ListAppender(list, layout: layout)
      for row in rows {
        guard let vector = reader.row(row) else { continue }
        encoder.rotate(vector)
        appender.append(row) { block, entry in
          encoder.write(list: UInt32(number), into: block, entry: entry)
        }
      }
      return appender.finish()
    }
    for (index, row) in rows.enumerated() {
      guard let vector = reader.row(row) else { continue }
      encoder.rotate(vector)
      encoder.write(list: UInt32(number), row: row, into: run, at: index)
    }
    return InvertedList(runs: [run], entryCount: rows.count)
  }
}
