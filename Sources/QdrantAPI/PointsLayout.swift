public import FastJSON
public import PointModel

/// What stands around points in an answer: around all lists of them, around each list, and which
/// members a point has.
public struct PointsLayout: Sendable {
  /// Writes what stands somewhere.
  public typealias Part = @Sendable (inout JSONWriter) -> Void

  /// What comes before everything.
  public let begin: Part
  /// What comes before each list.
  public let beginList: Part
  /// One point.
  public let write: @Sendable (ScoredPoint, inout JSONWriter) -> Void
  /// What comes after each list.
  public let endList: Part
  /// What comes after everything.
  public let end: Part

  private static let nothing: Part = { _ in }

  /// The steps that some points of the lists are written in: one for each point, and one for each
  /// end of a list.
  ///
  /// - Parameters:
  ///   - listEnds: how many of the points come before each end, in order.
  ///   - isInList: whether the first of them go on with a list that is begun.
  public func steps(
    of points: [ScoredPoint], listEnds: [Int], isInList: Bool
  ) -> AnswerSteps {
    let itemBytes = points.lazy.map(\.record.byteCount).max() ?? 0
    return AnswerSteps(count: points.count + listEnds.count, itemBytes: itemBytes) {
      step, writer in
      let list = Self.list(of: step, listEnds)
      let start = list == 0 ? 0 : listEnds[list - 1] + list
      if step == start, list > 0 || !isInList { beginList(&writer) }
      if list < listEnds.count, step == listEnds[list] + list {
        endList(&writer)
      } else {
        write(points[step - list], &writer)
      }
    }
  }

  /// The list that a step belongs to: as many ends come before it.
  private static func list(of step: Int, _ listEnds: [Int]) -> Int {
    var (low, high) = (0, listEnds.count)
    while low < high {
      let middle = (low + high) / 2
      if listEnds[middle] + middle < step { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// `[…]` of records, the answer to a retrieval.
  public static let records = PointsLayout(
    begin: nothing, beginList: { $0.beginArray() }, write: { $1.write($0.record) },
    endList: { $0.endArray() }, end: nothing)

  /// `{"points":[…],"next_page_offset":…}` of records.
  public static func scroll(nextOffset: PointID?) -> PointsLayout {
    PointsLayout(
      begin: nothing,
      beginList: { writer in
        writer.beginObject()
        writer.key("points")
        writer.beginArray()
      }, write: { $1.write($0.record) },
      endList: { writer in
        writer.endArray()
        writer.key("next_page_offset")
        if let nextOffset { writer.write(nextOffset) } else { writer.null() }
        writer.endObject()
      }, end: nothing)
  }

  /// Scored points, the answer to a query, or to several in a list.
  ///
  /// - Parameters:
  ///   - isWrapped: whether each list is `{"points":[…]}` rather than `[…]`, as of old.
  ///   - isBatch: whether the lists are in a list.
  public static func results(isWrapped: Bool, isBatch: Bool) -> PointsLayout {
    let openList: Part = { $0.beginArray() }
    let closeList: Part = { $0.endArray() }
    return PointsLayout(
      begin: isBatch ? openList : nothing,
      beginList: { writer in
        if isWrapped {
          writer.beginObject()
          writer.key("points")
        }
        writer.beginArray()
      }, write: { $1.write($0) },
      endList: { writer in
        writer.endArray()
        if isWrapped { writer.endObject() }
      }, end: isBatch ? closeList : nothing)
  }
}
