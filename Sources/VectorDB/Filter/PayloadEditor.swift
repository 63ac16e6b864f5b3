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
    edit(&payload) { set(change, in: &$0, path.steps[...]) }
  }

  /// Into how many objects a merge at `path` goes.
  static func places(of path: PayloadPath?, in payload: JSONObjectValue) -> Int {
    guard let path else { return 1 }
    return places(of: path.steps[...], in: .object(payload))
  }

  /// Removes what `paths` lead to. Keys of one object go together, however many they are.
  ///
  /// - Parameter check: is called between steps that take little each.
  static func remove(
    _ paths: [PayloadPath], from payload: inout JSONObjectValue,
    _ check: () throws(CollectionError) -> Void
  ) throws(CollectionError) {
    var parents: [PayloadPath: [String]] = [:]
    var others: Set<PayloadPath> = []
    for path in paths {
      if case .key(let key) = path.steps.last {
        parents[PayloadPath(steps: Array(path.steps.dropLast())), default: []].append(key)
      } else {
        others.insert(path)
      }
    }
    var failure: CollectionError?
    edit(&payload) { root in
      do throws(CollectionError) {
        for path in others {
          try check()
          visit(path.steps.dropLast(), in: &root) { empty(path.steps.last, of: &$0) }
        }
        for (path, keys) in parents {
          try check()
          visit(path.steps[...], in: &root) { remove(keys, from: &$0) }
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
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

  /// Edits a payload as a value. Nobody else refers to it meanwhile, so nothing is copied.
  private static func edit(_ payload: inout JSONObjectValue, _ body: (inout JSONValue) -> Void) {
    var root = JSONValue.object(payload)
    payload = JSONObjectValue()
    body(&root)
    if case .object(let edited) = root { payload = edited }
  }

  private static func mergeKeys(_ change: JSONObjectValue, into object: inout JSONObjectValue) {
    var gone: [String] = []
    for (key, value) in change {
      if value == .null { gone.append(key) } else { object[key] = value }
    }
    if !gone.isEmpty { object.remove(gone) }
  }

  private static func set(
    _ change: JSONObjectValue, in value: inout JSONValue, _ rest: ArraySlice<PayloadPath.Step>
  ) {
    guard let step = rest.first else {
      var object = takeObject(&value) ?? JSONObjectValue()
      mergeKeys(change, into: &object)
      value = .object(object)
      return
    }
    let next = rest.dropFirst()
    switch step {
    case .key(let key):
      var object = takeObject(&value) ?? JSONObjectValue()
      var member = object[key] ?? .null
      object[key] = .null
      set(change, in: &member, next)
      object[key] = member
      value = .object(object)
    case .index(let index):
      var array = takeArray(&value) ?? []
      if index < array.count { set(change, in: &array[index], next) }
      value = .array(array)
    case .everyElement:
      var array = takeArray(&value) ?? []
      for index in array.indices { set(change, in: &array[index], next) }
      value = .array(array)
    }
  }

  private static func places(of rest: ArraySlice<PayloadPath.Step>, in value: JSONValue) -> Int {
    guard let step = rest.first else { return 1 }
    let next = rest.dropFirst()
    switch (step, value) {
    case (.key(let key), .object(let object)): return places(of: next, in: object[key] ?? .null)
    case (.key, _): return places(of: next, in: .null)
    case (.index(let index), .array(let array)):
      return index < array.count ? places(of: next, in: array[index]) : 0
    case (.everyElement, .array(let array)):
      return array.reduce(0) { $0 + places(of: next, in: $1) }
    case (.index, _), (.everyElement, _): return 0
    }
  }

  /// Calls `body` with each value that the steps lead to.
  private static func visit(
    _ rest: ArraySlice<PayloadPath.Step>, in value: inout JSONValue,
    _ body: (inout JSONValue) -> Void
  ) {
    guard let step = rest.first else { return body(&value) }
    let next = rest.dropFirst()
    switch step {
    case .key(let key):
      guard var object = takeObject(&value) else { return }
      if var member = object[key] {
        object[key] = .null
        visit(next, in: &member, body)
        object[key] = member
      }
      value = .object(object)
    case .index(let index):
      guard var array = takeArray(&value) else { return }
      if index < array.count { visit(next, in: &array[index], body) }
      value = .array(array)
    case .everyElement:
      guard var array = takeArray(&value) else { return }
      for index in array.indices { visit(next, in: &array[index], body) }
      value = .array(array)
    }
  }

  private static func remove(_ keys: [String], from value: inout JSONValue) {
    guard var object = takeObject(&value) else { return }
    if keys.count == 1 { object[keys[0]] = nil } else { object.remove(keys) }
    value = .object(object)
  }

  /// Takes everything out of an array. One element is left: removing by index would not be
  /// idempotent.
  private static func empty(_ step: PayloadPath.Step?, of value: inout JSONValue) {
    guard case .array = value, step == .everyElement else { return }
    value = .array([])
  }

  /// The object of a value, which is `null` then, so that nobody else refers to the object; `nil`
  /// for another value, which stays.
  private static func takeObject(_ value: inout JSONValue) -> JSONObjectValue? {
    guard case .object(let object) = value else { return nil }
    value = .null
    return object
  }

  /// The array of a value, likewise.
  private static func takeArray(_ value: inout JSONValue) -> [JSONValue]? {
    guard case .array(let array) = value else { return nil }
    value = .null
    return array
  }
}
