import RowSets
import Synchronization
import VectorIndex

/// What the searches of one request looked at, for clients that ask for it. Who asks passes one
/// with the request, and reads it when there is an answer.
public final class QueryExplanation: Sendable {
  /// One search for the points nearest to a vector.
  public struct Search: Sendable, Equatable {
    /// How it went about it.
    public enum Method: String, Sendable {
      /// Through the lists of an index.
      case index
      /// By scoring every row that it might return.
      case scan
      /// By the postings of a sparse vector.
      case postings
      /// By reading the records of the nearest rows, until enough of them passed the filter.
      case records
    }

    /// The vector's name; empty for the unnamed one.
    public let using: String
    /// How it went about it.
    public let method: Method
    /// The rows that the filter left, where they were known before.
    public var filteredRows: Int?
    /// Lists of the index, those of them that were read, and entries in these.
    public var lists: (count: Int, probes: Int, entries: Int)?
    /// Rows that were scored exactly.
    public var scoredRows: Int?
    /// Records that were read.
    public var recordsRead: Int?

    init(_ using: String, _ method: Method) {
      self.using = using
      self.method = method
    }

    /// Whether both say the same, number by number.
    public static func == (a: Search, b: Search) -> Bool {
      a.using == b.using && a.method == b.method && a.filteredRows == b.filteredRows
        && a.lists?.count == b.lists?.count && a.lists?.probes == b.lists?.probes
        && a.lists?.entries == b.lists?.entries && a.scoredRows == b.scoredRows
        && a.recordsRead == b.recordsRead
    }
  }

  /// Where an index writes down what it looks at.
  let trace = SearchTrace()
  private let noted = Mutex<[Search]>([])

  /// An explanation of a request that is yet to be made.
  public init() {}

  /// The searches, in the order that they were made; none for a request that needs none.
  public var searches: [Search] { noted.withLock { $0 } }

  /// Notes a search that was just made for some queries among `rows` rows.
  func note(_ queries: [FieldQuery], _ view: any FieldView, rows: Int) {
    let looks = trace.take()
    var found = looks.map { look in
      var search = Search(view.name, look.lists == 0 ? .scan : .index)
      if look.lists > 0 { search.lists = (look.lists, look.probes, look.entries) }
      search.scoredRows = look.scored
      return search
    }
    if looks.isEmpty {
      found = queries.map { query in
        if view.readsPostings { return Search(view.name, .postings) }
        var search = Search(view.name, .scan)
        search.scoredRows = query.allowed?.count ?? rows
        return search
      }
    }
    if queries.count == 1, let allowed = queries[0].allowed {
      for index in found.indices { found[index].filteredRows = allowed.count }
    }
    noted.withLock { $0 += found }
  }

  /// Notes a search that read records to find out which rows pass.
  func note(recordsRead count: Int, _ view: any FieldView) {
    var search = Search(view.name, .records)
    search.recordsRead = count
    noted.withLock { $0.append(search) }
  }
}
