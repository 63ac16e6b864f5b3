/// Some of the rows of a collection, or all but some, so that negation needs no list of all rows.
public enum RowSelection: Sendable {
  /// The rows of the set.
  case only(RowSet)
  /// Every row but those of the set.
  case allBut(RowSet)

  /// Every row.
  public static let all = RowSelection.allBut(.empty)
  /// No row.
  public static let none = RowSelection.only(.empty)

  /// Whether `offset` is selected.
  public func contains(_ offset: UInt32) -> Bool {
    switch self {
    case .only(let set): set.contains(offset)
    case .allBut(let set): !set.contains(offset)
    }
  }

  /// Whether nothing is selected, whatever rows there are.
  public var isNone: Bool {
    if case .only(let set) = self { return set.isEmpty }
    return false
  }

  /// At most how many of `rowCount` rows are selected.
  public func count(of rowCount: Int) -> Int {
    switch self {
    case .only(let set): min(set.count, rowCount)
    case .allBut(let set): max(0, rowCount - set.count)
    }
  }

  /// Everything that is not selected.
  public var inverted: RowSelection {
    switch self {
    case .only(let set): .allBut(set)
    case .allBut(let set): .only(set)
    }
  }

  /// What both select.
  public func intersection(_ other: RowSelection) -> RowSelection {
    switch (self, other) {
    case (.only(let a), .only(let b)): .only(a.intersection(b))
    case (.only(let a), .allBut(let b)), (.allBut(let b), .only(let a)): .only(a.subtracting(b))
    case (.allBut(let a), .allBut(let b)): .allBut(a.union(b))
    }
  }

  /// What either selects.
  public func union(_ other: RowSelection) -> RowSelection {
    inverted.intersection(other.inverted).inverted
  }

  /// What any of several selects.
  public static func union(of selections: [RowSelection]) -> RowSelection {
    var listed: [RowSet] = []
    var missing: RowSet?
    for selection in selections {
      switch selection {
      case .only(let set): listed.append(set)
      case .allBut(let set): missing = missing?.intersection(set) ?? set
      }
    }
    let rows = RowSet.union(of: listed)
    return missing.map { .allBut($0.subtracting(rows)) } ?? .only(rows)
  }

  /// What is selected here and not there.
  public func subtracting(_ other: RowSelection) -> RowSelection {
    intersection(other.inverted)
  }
}
