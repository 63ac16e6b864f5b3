import FastJSON
import PointModel

/// One member of a body, read with Qdrant's error texts.
struct FieldReader {
  let element: JSONElement

  init(_ element: JSONElement) {
    self.element = element
  }

  var isNull: Bool { element.isNull }

  /// The member itself, `nil` when it is `null`.
  var nonNull: FieldReader? { element.isNull ? nil : self }

  func bool() throws(DecodingFault) -> Bool {
    guard let value = element.bool else { throw unexpected("a boolean") }
    return value
  }

  func string() throws(DecodingFault) -> String {
    guard let value = element.string else { throw unexpected("a string") }
    return value
  }

  /// A number that is neither out of range nor below `minimum` (a validation fault).
  func integer(
    _ type: IntegerType = .usize, from minimum: UInt64 = 0, through maximum: UInt64? = nil
  ) throws(DecodingFault) -> Int {
    guard element.kind == .integer || element.kind == .unsigned else {
      throw unexpected(type.rawValue)
    }
    guard let value = element.uint64, value <= type.maximum else {
      throw .format("invalid value: \(found), expected \(type.rawValue)")
    }
    guard value >= minimum, value <= maximum ?? .max else {
      let range = maximum.map { "from \(minimum) to \($0)" } ?? "\(minimum) or larger"
      throw .validation("value \(value) invalid, must be \(range)")
    }
    return Int(clamping: value)
  }

  func double(
    from minimum: Double? = nil, through maximum: Double? = nil
  ) throws(DecodingFault) -> Double {
    guard let value = element.double else { throw unexpected("f64") }
    guard value >= minimum ?? value, value <= maximum ?? value else {
      let range =
        switch (minimum, maximum) {
        case (let minimum?, let maximum?): "from \(minimum) to \(maximum)"
        case (let minimum?, nil): "\(minimum) or larger"
        default: "\(maximum ?? 0) or smaller"
        }
      throw .validation("value \(value) invalid, must be \(range)")
    }
    return value
  }

  func number() throws(DecodingFault) -> Number {
    guard let value = Number(element) else { throw unexpected("f64") }
    return value
  }

  func float(
    from minimum: Double? = nil, through maximum: Double? = nil
  ) throws(DecodingFault) -> Float {
    guard element.double != nil else { throw unexpected("f32") }
    let value = Float(try double(from: minimum, through: maximum))
    guard value.isFinite else { throw .format("number out of range, expected f32") }
    return value
  }

  /// A string that is one of `names`.
  func choice(_ names: [String]) throws(DecodingFault) -> String {
    let name = try string()
    guard names.contains(name) else {
      throw .format("unknown variant `\(name)`, expected \(Self.alternatives(names))")
    }
    return name
  }

  /// The width of an integer, by the name that error texts give it.
  enum IntegerType: String {
    case u8
    case u32
    case usize

    var maximum: UInt64 {
      switch self {
      case .u8: UInt64(UInt8.max)
      case .u32: UInt64(UInt32.max)
      case .usize: .max
      }
    }
  }
}

extension FieldReader {
  /// A fault that says what was found and what should have been.
  func unexpected(_ expected: String) -> DecodingFault {
    .format("invalid type: \(found), expected \(expected)")
  }

  /// What is there, in words.
  var found: String {
    switch element.kind {
    case .null: return "null"
    case .bool: return "boolean `\(element.bool == true)`"
    case .integer, .unsigned: return "integer `\(spelling)`"
    case .double: return "floating point `\(spelling)`"
    case .string: return "string \(spelling)"
    case .array: return "sequence"
    case .object: return "map"
    }
  }

  /// The value as JSON, a long string cut short.
  private var spelling: String {
    if let string = element.string {
      let cut = string.count > 80 ? "\(string.prefix(80))…" : string
      return String(decoding: JSONValue.string(cut).serialized(), as: UTF8.self)
    }
    return String(decoding: element.value.serialized(), as: UTF8.self)
  }

  /// "`a`, `b`" as lists of alternatives are put.
  static func alternatives(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }.joined(separator: ", ")
    return names.count == 1 ? quoted : "one of \(quoted)"
  }
}
