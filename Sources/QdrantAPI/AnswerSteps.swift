public import FastJSON
public import PointModel

/// The value of an answer in the steps that it is written in, each about an item, so that an answer
/// of any length can be sent in pieces.
public struct AnswerSteps: Sendable {
  /// How many steps there are.
  public let count: Int
  /// Bytes in memory of the largest item; 0 where all are small.
  public let itemBytes: Int
  private let write: @Sendable (Int, inout JSONWriter) -> Void

  /// Steps that are written by number, in order.
  public init(
    count: Int, itemBytes: Int = 0, write: @escaping @Sendable (Int, inout JSONWriter) -> Void
  ) {
    self.count = count
    self.itemBytes = itemBytes
    self.write = write
  }

  /// The same steps, which keep what they are made of, whatever it holds, as long as they are kept.
  public func keeping(_ source: some Sendable) -> AnswerSteps {
    AnswerSteps(count: count, itemBytes: itemBytes) { [write] step, writer in
      withExtendedLifetime(source) { write(step, &writer) }
    }
  }

  /// Writes from step `first` on until the text has so many bytes.
  ///
  /// - Returns: the step to go on with; ``count`` at the end.
  public func write(from first: Int, to writer: inout JSONWriter, upTo bytes: Int) -> Int {
    var step = first
    while step < count, writer.bytes.count < bytes {
      write(step, &writer)
      step += 1
    }
    return step
  }

  /// An object with one list: `{"name":[…]}`.
  private static func list<Item: Sendable>(
    _ name: StaticString, of items: [Item],
    _ write: @escaping @Sendable (Item, inout JSONWriter) -> Void
  ) -> AnswerSteps {
    AnswerSteps(count: items.count + 2) { step, writer in
      if step == 0 {
        writer.beginObject()
        writer.key(name)
        writer.beginArray()
      } else if step <= items.count {
        write(items[step - 1], &writer)
      } else {
        writer.endArray()
        writer.endObject()
      }
    }
  }

  /// `{"groups":[{"hits":[…],"id":…,"lookup":…}, …]}`; a group without a point of its name has no
  /// `lookup`.
  public static func groups(_ groups: [PointGroup]) -> AnswerSteps {
    // A step for the beginning of each group, for each of its hits, and for its end.
    var starts = [1]
    for group in groups { starts.append(starts[starts.count - 1] + group.hits.count + 2) }
    let bounds = starts
    let itemBytes = groups.reduce(0) { bytes, group in
      let hits = group.hits.reduce(0) { max($0, $1.record.byteCount) }
      return max(bytes, hits, group.lookup?.byteCount ?? 0)
    }
    return AnswerSteps(count: bounds[groups.count] + 1, itemBytes: itemBytes) { step, writer in
      if step == 0 {
        writer.beginObject()
        writer.key("groups")
        writer.beginArray()
        return
      }
      if step == bounds[groups.count] {
        writer.endArray()
        writer.endObject()
        return
      }
      let index = place(of: step, in: bounds)
      let hit = step - bounds[index] - 1
      if hit < 0 {
        writer.beginObject()
        writer.key("hits")
        writer.beginArray()
      } else if hit < groups[index].hits.count {
        writer.write(groups[index].hits[hit])
      } else {
        writer.writeEnd(of: groups[index])
      }
    }
  }

  /// The last of `bounds`, which rise, that is not after `step`.
  private static func place(of step: Int, in bounds: [Int]) -> Int {
    var (low, high) = (0, bounds.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bounds[middle] <= step { low = middle } else { high = middle }
    }
    return low
  }

  /// `{"hits":[{"value":…,"count":…}, …]}`.
  public static func facet(_ hits: [FacetHit]) -> AnswerSteps {
    list("hits", of: hits) { $1.write($0) }
  }

  /// `{"pairs":[{"a":…,"b":…,"score":…}, …]}`.
  public static func pairs(_ matrix: DistanceMatrix) -> AnswerSteps {
    list("pairs", of: Array(matrix.ids.indices)) { row, writer in
      guard row < matrix.neighbors.count else { return }
      for neighbor in matrix.neighbors[row] {
        writer.beginObject()
        writer.key("a")
        writer.write(matrix.ids[row])
        writer.key("b")
        writer.write(matrix.ids[neighbor.position])
        writer.key("score")
        writer.float(neighbor.score)
        writer.endObject()
      }
    }
  }

  /// `{"offsets_row":[…],"offsets_col":[…],"scores":[…],"ids":[…]}`.
  public static func offsets(_ matrix: DistanceMatrix) -> AnswerSteps {
    let names: [StaticString] = ["offsets_row", "offsets_col", "scores", "ids"]
    // Of each list the beginning, a step for each row, and the end.
    let length = matrix.ids.count + 2
    return AnswerSteps(count: names.count * length) { step, writer in
      let (list, place) = step.quotientAndRemainder(dividingBy: length)
      if place == 0 {
        if list == 0 { writer.beginObject() }
        writer.key(names[list])
        writer.beginArray()
      } else if place <= matrix.ids.count {
        writer.write(row: place - 1, of: matrix, list: list)
      } else {
        writer.endArray()
        if list == names.count - 1 { writer.endObject() }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func writeEnd(of group: PointGroup) {
    endArray()
    key("id")
    switch group.id {
    case .string(let text): string(text)
    case .integer(let number): integer(number)
    case .unsigned(let number): integer(number)
    }
    if let lookup = group.lookup {
      key("lookup")
      write(lookup)
    }
    endObject()
  }

  /// What a row of a matrix has in one of its four lists.
  fileprivate mutating func write(row: Int, of matrix: DistanceMatrix, list: Int) {
    if list == 3 { return write(matrix.ids[row]) }
    guard row < matrix.neighbors.count else { return }
    for neighbor in matrix.neighbors[row] {
      switch list {
      case 0: integer(row)
      case 1: integer(neighbor.position)
      default: float(neighbor.score)
      }
    }
  }
}
