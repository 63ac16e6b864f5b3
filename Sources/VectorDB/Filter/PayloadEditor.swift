import FastJSON
import PointModel

/// Edits of a payload, by Qdrant's rules: a `null` in a merge removes its key, a path creates
/// the objects it needs, and array elements can be reached but not removed.
enum PayloadEditor {
  /// Merges the keys of `change` into `payload`, at `path` when given.
  static func merge(
    _ change: JSONObjectValue, into payload: inout JSONObjectValue, at path: PayloadPath?
  ) {
    guard let path else { return mergeKeys(change, into: &payload) }
    var root = JSONValue.object(payload)
    set(change, in: &root, path.steps[...])
    if case .object(let edited) = root { payload = edited }
  }

  /// Removes what `path` leads to.
  static func remove(_ path: PayloadPath, from payload: inout JSONObjectValue) {
    var root = JSONValue.object(payload)
    remove(path.steps[...], from: &root)
    if case .object(let edited) = root { payload = edited }
  }

  /// Whether `value` has more than `levels` levels of objects and arrays.
  static func nests(_ value: JSONValue, deeperThan levels: Int) -> Bool {
    switch value {
    case .null, .bool, .integer, .unsigned, .double, .string: return false
    case .array(let array):
      return levels == 0 || array.contains { nests($0, deeperThan: levels - 1) }
    case .object(let object):
      return levels == 0 || object.contains { nests($0.value, deeperThan: levels - 1) }
    }
  }

  private static func mergeKeys(_ change: JSONObjectValue, into object: inout JSONObjectValue) {
    for (key, value) in change {
      object[key] = value == .null ? nil : value
    }
  }

  private static func set(
    _ change: JSONObjectValue, in value: inout JSONValue, _ rest: ArraySlice<PayloadPath.Step>
  ) {
    guard let step = rest.first else {
      var object = JSONObjectValue()
      if case .object(let existing) = value { object = existing }
      mergeKeys(change, into: &object)
      value = .object(object)
      return
    }
    let next = rest.dropFirst()
    switch step {
    case .key(let key):
      var object = JSONObjectValue()
      if case .object(let existing) = value { object = existing }
      var member = object[key] ?? .null
      set(change, in: &member, next)
      object[key] = member
      value = .object(object)
    case .index(let index):
      var array: [JSONValue] = []
      if case .array(let existing) = value { array = existing }
      if index < array.count { set(change, in: &array[index], next) }
      value = .array(array)
    case .everyElement:
      var array: [JSONValue] = []
      if case .array(let existing) = value { array = existing }
      for index in array.indices { set(change, in: &array[index], next) }
      value = .array(array)
    }
  }

  private static func remove(
    _ rest: ArraySlice<PayloadPath.Step>, from value: inout JSONValue
  ) {
    guard let step = rest.first else { return }
    let next = rest.dropFirst()
    switch (step, value) {
    case (.key(let key), .object(var object)):
      if next.isEmpty {
        object[key] = nil
      } else if var member = object[key] {
        remove(next, from: &member)
        object[key] = member
      }
      value = .object(object)
    case (.index(let index), .array(var array)):
      // Removing by index would not be idempotent.
      if !next.isEmpty, index < array.count { remove(next, from: &array[index]) }
      value = .array(array)
    case (.everyElement, .array(var array)):
      if next.isEmpty {
        array = []
      } else {
        for index in array.indices { remove(next, from: &array[index]) }
      }
      value = .array(array)
    default: break
    }
  }
}
