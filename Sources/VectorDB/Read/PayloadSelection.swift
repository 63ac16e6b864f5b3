import FastJSON
import PointModel

/// Cuts payloads down to what a request asked for. It is made once for all payloads of an answer,
/// or of a page of one: there may be many paths.
struct PayloadSelection {
  private let selector: PayloadSelector
  /// The paths of the selector, where they are many.
  private let tree: PathTree?

  init(_ selector: PayloadSelector) {
    self.selector = selector
    switch selector {
    case .include(let paths), .exclude(let paths):
      tree = paths.count > Self.scannedPathsMax ? PathTree(paths) : nil
    case .none, .all: tree = nil
    }
  }

  /// `nil` when no payload was asked for.
  func apply(to view: PointRecord.View) throws(CollectionError) -> Payload? {
    switch selector {
    case .none: return nil
    case .all: return Payload(normalizedJSON: Array(view.payload))
    case .include(let paths):
      if let tree { return try Self.payload(of: view) { tree.keeping($0) } }
      return try Self.filtered(view) { path in
        paths.contains { Self.included(path, by: $0.steps) }
      }
    case .exclude(let paths):
      if let tree { return try Self.payload(of: view) { tree.removing($0) } }
      return try Self.filtered(view) { path in
        !paths.contains { path.starts(with: $0.steps) }
      }
    }
  }

  /// Paths that are compared one by one with each place of a payload.
  private static let scannedPathsMax = 16

  /// A value is kept when the asked path leads to it, through it or into it.
  private static func included(_ path: [PayloadPath.Step], by asked: [PayloadPath.Step]) -> Bool {
    zip(path, asked).allSatisfy { $0 == $1 }
  }

  private static func filtered(
    _ view: PointRecord.View, _ keep: ([PayloadPath.Step]) -> Bool
  ) throws(CollectionError) -> Payload {
    try payload(of: view) { object in
      var path: [PayloadPath.Step] = []
      return filtered(object, &path, keep)
    }
  }

  private static func payload(
    of view: PointRecord.View, _ cut: (JSONObjectValue) -> JSONObjectValue
  ) throws(CollectionError) -> Payload {
    do {
      return Payload(cut(try Payload(normalizedJSON: Array(view.payload)).parsed()))
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

/// Many paths, those with the same beginning together, so that a place of a payload is looked up
/// among all of them at once.
private struct PathTree {
  private var children: [PayloadPath.Step: PathTree] = [:]
  /// Whether a path ends here.
  private var isEnd = false

  /// Steps of a path that are looked at: payloads are not nested so deep.
  private static let depthMax = 256

  init(_ paths: [PayloadPath]) {
    for path in paths { insert(path.steps[...].prefix(Self.depthMax), of: path.steps.count) }
  }

  private init() {}

  private mutating func insert(_ steps: ArraySlice<PayloadPath.Step>, of length: Int) {
    guard let first = steps.first else {
      if length <= Self.depthMax { isEnd = true }
      return
    }
    children[first, default: PathTree()].insert(steps.dropFirst(), of: length)
  }

  /// What paths lead to, through or into.
  func keeping(_ object: JSONObjectValue) -> JSONObjectValue {
    if isEnd { return object }
    var result = JSONObjectValue()
    for (key, value) in object {
      if let child = children[.key(key)] { result[key] = child.keeping(value) }
    }
    return result
  }

  private func keeping(_ value: JSONValue) -> JSONValue {
    if isEnd { return value }
    switch value {
    case .object(let object): return .object(keeping(object))
    case .array(let array):
      guard let child = children[.everyElement] else { return .array([]) }
      return .array(array.map { child.keeping($0) })
    case .null, .bool, .integer, .unsigned, .double, .string: return value
    }
  }

  /// What no path leads to or through.
  func removing(_ object: JSONObjectValue) -> JSONObjectValue {
    var result = JSONObjectValue()
    if isEnd { return result }
    for (key, value) in object {
      guard let child = children[.key(key)] else {
        result[key] = value
        continue
      }
      if !child.isEnd { result[key] = child.removing(value) }
    }
    return result
  }

  private func removing(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object): return .object(removing(object))
    case .array(let array):
      guard let child = children[.everyElement] else { return value }
      return .array(child.isEnd ? [] : array.map { child.removing($0) })
    case .null, .bool, .integer, .unsigned, .double, .string: return value
    }
  }
}
