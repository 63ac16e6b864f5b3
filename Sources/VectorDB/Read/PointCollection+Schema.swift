import PointModel

extension PointCollection {
  /// How a path of the payloads is indexed; `nil` when it is not.
  func fieldSchema(at path: PayloadPath) -> PayloadFieldSchema? { payloadSchema[path] }
}

extension PayloadIndexParams {
  /// Whether points can be put in the order of an index of this kind.
  var canOrder: Bool {
    switch self {
    case .integer(let params): params.range ?? true
    case .float, .datetime: true
    case .keyword, .geo, .text, .bool, .uuid: false
    }
  }

  /// Whether an index of this kind finds points by equal values, and so can count them by value.
  var canMatch: Bool {
    switch self {
    case .keyword, .bool, .uuid: true
    case .integer(let params): params.lookup ?? true
    case .float, .geo, .text, .datetime: false
    }
  }
}
