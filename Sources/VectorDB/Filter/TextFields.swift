import PointModel

/// Which fields have a text index, and how it takes their text apart.
struct TextFields {
  private let params: [PayloadPath: TextIndexParams]
  /// Whether these are fields of one object inside of a payload.
  private let isInside: Bool

  init(_ params: [PayloadPath: TextIndexParams] = [:]) {
    self.init(params, isInside: false)
  }

  private init(_ params: [PayloadPath: TextIndexParams], isInside: Bool) {
    self.params = params
    self.isInside = isInside
  }

  /// How text at `key` is matched.
  subscript(key: PayloadPath) -> TextField {
    guard let params = params[key] else { return .unindexed }
    // An index knows the words of a point, not in which of its values they were.
    return TextField(params: params, joinsValues: !isInside)
  }

  /// The fields of each object that `elements` leads to, with keys from there on.
  func inside(_ elements: PayloadPath) -> TextFields {
    var inner: [PayloadPath: TextIndexParams] = [:]
    for (path, params) in params {
      if let rest = path.dropping(prefix: elements) { inner[rest] = params }
    }
    return TextFields(inner, isInside: true)
  }
}

/// How the text of one field is matched.
struct TextField {
  /// How it is taken apart into words.
  let params: TextIndexParams
  /// Whether wanted words may be spread over several values of a point.
  let joinsValues: Bool

  /// Without an index: words in lower case, phrases too, value by value.
  static let unindexed = TextField(
    params: TextIndexParams(phraseMatching: true), joinsValues: false)
}
