import FastJSON
import PointModel

/// Cuts a payload down to what a request asked for.
enum PayloadSelection {
  /// `nil` when no payload was asked for.
  static func apply(
    _ selector: PayloadSelector, to view: PointRecord.View
  ) throws(CollectionError) -> Payload? {
    switch selector {
    case .none: return nil
    case .all: return Payload(normalizedJSON: Array(view.payload))
    case .include(let paths):
      return try filtered(view) { path in paths.contains { included(path, by: $0.steps) } }
    case .exclude(let paths):
      return try filtered(view) { path in
        !paths.contains { path.starts(with: $0.steps) }
      }
    }
  }

  /// A value is kept when the asked path leads to it, through it or into it.
  private static func included(_ path: [PayloadPath.Step], by asked: [PayloadPath.Step]) -> Bool {
    zip(path, asked).allSatisfy { $0 == $1 }
  }

  private static func filtered(
    _ view: PointRecord.View, _ keep: ([PayloadPath.Step]) -> Bool
  ) throws(CollectionError) -> Payload {
    do {
      let object = try Payload(normalizedJSON: Array(view.payload)).parsed()
      var path: [PayloadPath.Step] = []
      return Payload(filtered(object, &path, keep))
    } catch {
      throw .storage("the payload of point \(view.id) is damaged: \(error.message)")
    }
  }

  private static func filtered(
    _ object: JSONObjectValue, _ path: inout [PayloadPath.Step],
    _ keep: ([PayloadPath.Step]) -> Bool
  ) -> JSONObjectValue {
    var result = JSONObjectValue()
    for (key, value) in object {
      path.append(.key(key))
      if keep(path) { result[key] = filtered(value, &path, keep) }
      path.removeLast()
    }
    return result
  }

  private static func filtered(
    _ value: JSONValue, _ path: inout [PayloadPath.Step], _ keep: ([PayloadPath.Step]) -> Bool
  ) -> JSONValue {
    switch value {
    case .object(let object): return .object(filtered(object, &path, keep))
    case .array(let array):
      var kept: [JSONValue] = []
      path.append(.everyElement)
      for element in array where keep(path) {
        kept.append(filtered(element, &path, keep))
      }
      path.removeLast()
      return .array(kept)
    case .null, .bool, .integer, .unsigned, .double, .string: return value
    }
  }
}
