import FastJSON
import PointModel

extension PayloadPath {
  /// Calls `body` with each value the path resolves to, in order, until it returns `true`;
  /// says whether it did. An array at the end of the path is one value.
  func contains(in root: JSONElement, where body: (JSONElement) -> Bool) -> Bool {
    walk(root, steps[...], body)
  }

  /// The same with arrays at the end of the path taken as each of their elements.
  func containsElement(in root: JSONElement, where body: (JSONElement) -> Bool) -> Bool {
    contains(in: root) { value in
      if let array = value.array { return array.contains(where: body) }
      return body(value)
    }
  }

  /// The path to every element of the array that this one leads to.
  var everyElement: PayloadPath {
    steps.last == .everyElement ? self : PayloadPath(steps: steps + [.everyElement])
  }

  /// What follows `prefix`, when this path begins with it and goes on with a key.
  func dropping(prefix: PayloadPath) -> PayloadPath? {
    guard steps.starts(with: prefix.steps) else { return nil }
    let rest = steps.dropFirst(prefix.steps.count)
    guard case .key = rest.first else { return nil }
    return PayloadPath(steps: Array(rest))
  }

  private func walk(
    _ element: JSONElement, _ rest: ArraySlice<Step>, _ body: (JSONElement) -> Bool
  ) -> Bool {
    guard let step = rest.first else { return body(element) }
    let next = rest.dropFirst()
    switch step {
    case .key(let key):
      guard let member = element.object?[key] else { return false }
      return walk(member, next, body)
    case .index(let index):
      guard let array = element.array else { return false }
      for (position, member) in array.enumerated() where position == index {
        return walk(member, next, body)
      }
      return false
    case .everyElement:
      guard let array = element.array else { return false }
      for member in array where walk(member, next, body) { return true }
      return false
    }
  }
}
