/// Puts the rows of a page's table together, each as a sentence that names its columns. A row with
/// more in a cell than a few words is one for layout: its cells are paragraphs of their own.
struct HTMLTable {
  /// The most words of a cell.
  private static let cellWords = 40

  private struct Row {
    var cells: [String] = []
    /// What the cell that is open holds.
    var texts: [String]?
    var isHeader = true
  }

  /// The names of the columns, and whether a row was told with them.
  private var header: [String] = []
  private var isHeaderUsed = false
  private var row: Row?

  /// A table begins; one within another ends the rows of that one.
  mutating func begin() {
    (header, isHeaderUsed) = ([], false)
  }

  /// The paragraph that is left at the end: names of columns without rows.
  mutating func end() -> [String] {
    defer { begin() }
    return header.isEmpty || isHeaderUsed ? [] : [header.joined(separator: ", ")]
  }

  mutating func beginRow() { row = Row() }

  mutating func beginCell(isHeader: Bool) {
    row?.texts = []
    if !isHeader { row?.isHeader = false }
  }

  /// Takes a text of the cell that is open; `false` when there is none.
  mutating func take(_ text: String) -> Bool {
    guard row?.texts != nil else { return false }
    row?.texts?.append(text)
    return true
  }

  /// A cell ends; what it held when that was too much for a row.
  mutating func endCell() -> [String] {
    guard let texts = row?.texts else { return [] }
    let text = texts.joined(separator: " ")
    if WordCount.of(text) > Self.cellWords { return dissolve() }
    row?.cells.append(text)
    row?.texts = nil
    return []
  }

  /// A row ends; its sentence.
  mutating func endRow() -> [String] {
    guard let row else { return [] }
    self.row = nil
    let cells = row.cells
    guard cells.contains(where: { !$0.isEmpty }) else { return [] }
    if row.isHeader, cells.count > 1, header.isEmpty {
      header = cells
      return []
    }
    let filled = cells.filter { !$0.isEmpty }
    if filled.count == 1 { return filled }
    if !header.isEmpty, cells.count <= header.count {
      isHeaderUsed = true
      return [TableReader.sentence(cells, header)]
    }
    let text = filled.count == 2 ? filled.joined(separator: ": ") : filled.joined(separator: "; ")
    return [".!?".contains(text.last ?? ".") ? text : text + "."]
  }

  /// The row that is open is none: its texts so far.
  mutating func dissolve() -> [String] {
    guard let row else { return [] }
    self.row = nil
    return (row.cells + (row.texts ?? [])).filter { !$0.isEmpty }
  }
}
