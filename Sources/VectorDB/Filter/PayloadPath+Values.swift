import FastJSON
import PointModel

extension PayloadPath {
  /// Calls `body` with each value the path resolves to, in order, until it returns `true`;
  /// says whether it did. An array at the end of the path is one value.
  func contains(in root: JSONElement, where body: (JSONElement) -> Bool) -> Bool {
    walk(root, steps[...], body)
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
