public import PointModel
import Storage

/// What a repair saved of a data directory, and what it could not.
public struct RepairReport: Sendable {
  /// What is left of one collection.
  public struct Collection: Sendable {
    /// The collection's name.
    public var name: String
    /// Points that are there, whole.
    public var kept = 0
    /// Points that are known to be lost: their ids.
    public var lost: [PointID] = []
    /// Whether part of the ids can't be read either, so that more may be lost than are known.
    public var mayHaveLostMore = false
    /// Points of those that are there without any vector. Where a table is missing as a whole
    /// nobody can tell whether they had one.
    public var withoutVectors = 0

    /// Whether nothing is missing.
    public var isWhole: Bool { lost.isEmpty && !mayHaveLostMore }
  }

  /// Tables and logs.
  var store = StoreSalvage.Report()
  /// What is left of each collection.
  public var collections: [Collection] = []
  /// Numbers of collections whose catalogue entry is lost, and with it their name and vectors.
  public var namelessCollections: [UInt32] = []
  /// Where the damaged files are now.
  public var damagedFiles = ""

  /// Whether an earlier repair was interrupted while it moved files, and all that was left to do
  /// was to finish that.
  public var isContinuation = false

  /// Whether nothing is known to be missing.
  public var isWhole: Bool {
    store.gaps == 0 && store.changesLost == 0 && store.tablesLost == 0
      && store.manifestProblem == nil && namelessCollections.isEmpty
      && collections.allSatisfy(\.isWhole)
  }

  private static let idsShown = 20
}

extension RepairReport: CustomStringConvertible {
  /// The report for whoever runs the repair, a line for each thing.
  public var description: String {
    if isContinuation {
      return "an interrupted repair was finished; the damaged files are in \(damagedFiles)"
    }
    var lines: [String] = []
    if let problem = store.manifestProblem {
      lines.append("the manifest could not be used, tables were gathered without it: \(problem)")
    }
    if store.tablesLost > 0 { lines.append("tables that could not be read: \(store.tablesLost)") }
    lines.append("log records read: \(store.recordsRead), damaged places: \(store.gaps)")
    if store.changesLost > 0 {
      lines.append("changes in the log that are lost: \(store.changesLost)")
    }
    for collection in collections { lines.append(Self.line(collection)) }
    for number in namelessCollections {
      lines.append(
        "collection number \(number): its catalogue entry is lost, and with it all of it")
    }
    lines.append(isWhole ? "nothing is known to be lost" : "something is lost, see above")
    lines.append("the damaged files are in \(damagedFiles)")
    return lines.joined(separator: "\n")
  }

  private static func line(_ collection: Collection) -> String {
    var line = "collection `\(collection.name)`: \(collection.kept) points kept"
    line += ", \(collection.lost.count) lost"
    if !collection.lost.isEmpty {
      let shown = collection.lost.prefix(idsShown).map { "\($0)" }.joined(separator: ", ")
      line += " (\(shown)\(collection.lost.count > idsShown ? ", …" : ""))"
    }
    if collection.withoutVectors > 0 {
      line += ", \(collection.withoutVectors) without a vector"
    }
    if collection.mayHaveLostMore { line += ", and perhaps more: part of the ids can't be read" }
    return line
  }
}
