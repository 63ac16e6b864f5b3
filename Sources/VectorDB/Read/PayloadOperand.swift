import FastJSON
import PointModel

/// A key whose value a formula computes with.
struct PayloadOperand {
  let path: PayloadPath
  /// The type of the index at the key: with one, values of other types are not there.
  let indexType: PayloadIndexType?
  /// The value of points that have none.
  let fallback: JSONValue?

  func number(of subject: FormulaSubject) throws(CollectionError) -> Double {
    let value = try value(of: subject, as: "number")
    switch value {
    case .integer(let number): return Double(number)
    case .unsigned(let number): return Double(number)
    case .double(let number): return number
    default: throw unfit("number", "Value is not a number")
    }
  }

  func place(of subject: FormulaSubject) throws(CollectionError) -> GeoPoint {
    guard case .object(let object) = try value(of: subject, as: "geo point") else {
      throw unfit("geo point", "Value is not an object")
    }
    for name in ["lon", "lat"] where object[name] == nil {
      throw unfit("geo point", "missing field `\(name)`")
    }
    guard let longitude = object["lon"]?.number, let latitude = object["lat"]?.number else {
      throw unfit("geo point", "Value is not a number")
    }
    let place = GeoPoint(longitude: longitude, latitude: latitude)
    guard place.isOnEarth else {
      throw unfit("geo point", "Wrong format of GeoPoint payload")
    }
    return place
  }

  func moment(of subject: FormulaSubject) throws(CollectionError) -> Datetime {
    guard case .string(let text) = try value(of: subject, as: "datetime") else {
      throw unfit("datetime", "Value is not a string")
    }
    guard let moment = Datetime(text) else {
      throw unfit("datetime", "input contains invalid characters")
    }
    return moment
  }

  private func unfit(_ kind: String, _ reason: String) -> CollectionError {
    .wrongInput(
      """
      Expected \(kind) value for \(path) in the payload and/or in the formula defaults. Error: \
      \(reason)
      """)
  }

  private func value(
    of subject: FormulaSubject, as kind: String
  ) throws(CollectionError) -> JSONValue {
    let values = subject.filtered.payload.map(values) ?? []
    if values.count > 1 { return .array(values) }
    guard let value = values.first ?? fallback else {
      throw unfit(kind, "No value found in a payload nor defaults")
    }
    return value
  }

  /// The values at the key, those of an array one by one.
  private func values(in payload: JSONElement) -> [JSONValue] {
    let isFlat = path.steps.last == .everyElement && indexType == nil
    var values: [JSONValue] = []
    _ = path.contains(in: payload) { element in
      if !isFlat, let array = element.array {
        for element in array where isThere(element) { values.append(element.value) }
      } else if isThere(element) {
        values.append(element.value)
      }
      return false
    }
    return values
  }

  private func isThere(_ element: JSONElement) -> Bool {
    switch indexType {
    case nil, .text: true
    case .keyword: element.kind == .string
    case .integer: element.kind == .integer || element.kind == .unsigned
    case .float: element.double != nil
    case .bool: element.bool != nil
    case .uuid: element.string.flatMap { PointUUID($0) } != nil
    case .datetime: element.withUTF8 { Datetime(utf8: $0) != nil } ?? false
    case .geo: element.place?.isOnEarth ?? false
    }
  }
}

extension JSONValue {
  /// The number, if it is one.
  fileprivate var number: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .unsigned(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}
