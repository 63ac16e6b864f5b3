import FastJSON
import PointModel

/// The settings that an object may carry: names, kinds and ranges.
///
/// One table per object replaces a type per object, as no setting here steers the engine: they
/// are checked, kept in wire form and echoed.
struct SettingsSchema: Sendable {
  /// What a setting may be.
  indirect enum Kind: Sendable {
    case bool
    case integer(from: UInt64, through: UInt64?, FieldReader.IntegerType)
    case number(from: Double?, through: Double?)
    case choice([String])
    /// An integer, or `auto`, which is kept as `null`.
    case threads
    case object(SettingsSchema)
    /// Any names, each an object of the same settings.
    case objectsByName(SettingsSchema)
    case quantization
    /// A form of numbers that weights of sparse vectors can have.
    case sparseDatatype
    /// Where a part is kept; `pinned` is out of range for large parts.
    case memory(pinnable: Bool)

    static func integer(from minimum: UInt64 = 0, through maximum: UInt64? = nil) -> Kind {
      .integer(from: minimum, through: maximum, .usize)
    }
  }

  private let kinds: [String: Kind]
  private let aliases: [String: String]
  private let required: [String]

  init(_ kinds: [String: Kind], aliases: [String: String] = [:], required: [String] = []) {
    self.kinds = kinds
    self.aliases = aliases
    self.required = required
  }

  /// The settings that are set, in their order; unknown ones are dropped, as Qdrant does.
  func read(_ body: FieldReader) throws(DecodingFault) -> JSONObjectValue {
    var settings = JSONObjectValue()
    try body.forEachField { key, field throws(DecodingFault) in
      let name = aliases[key] ?? key
      guard let kind = kinds[name], !field.isNull else { return }
      settings[name] = try Self.read(kind, field)
    }
    for name in required where settings[name] == nil { throw .missing(name) }
    return settings
  }

  private static func read(
    _ kind: Kind, _ field: FieldReader
  ) throws(DecodingFault) -> JSONValue {
    switch kind {
    case .bool: _ = try field.bool()
    case .integer(let minimum, let maximum, let type):
      _ = try field.integer(type, from: minimum, through: maximum)
    case .number(let minimum, let maximum):
      _ = try field.double(from: minimum, through: maximum)
    case .choice(let names): _ = try field.choice(names)
    case .threads:
      if field.element.string == "auto" { return .null }
      _ = try field.integer()
    case .object(let schema): return .object(try schema.read(field))
    case .objectsByName(let schema): return .object(try schema.readByName(field))
    case .quantization: return try quantization(field)
    case .sparseDatatype:
      let datatype = try field.datatype()
      if !VectorDatatype.ofSparse.contains(datatype) {
        throw .validation("sparse vectors do not support the `\(datatype.rawValue)` datatype")
      }
    case .memory(let pinnable):
      let place = try field.choice(["cold", "cached", "pinned"])
      if place == "pinned", !pinnable {
        throw .validation(
          "`pinned` memory placement is not supported for dense vector storage")
      }
    }
    return field.element.value
  }

  /// Objects of these settings by any names.
  func readByName(_ body: FieldReader) throws(DecodingFault) -> JSONObjectValue {
    var objects = JSONObjectValue()
    try body.forEachField { name, field throws(DecodingFault) in
      objects[name] = .object(field.isNull ? .init() : try read(field))
    }
    return objects
  }

  /// One of the kinds of quantization.
  static func quantization(_ body: FieldReader) throws(DecodingFault) -> JSONValue {
    try body.requireObject("a quantization")
    for (name, schema) in quantizations {
      let settings = try body.optional(name) { field throws(DecodingFault) in
        try schema.read(field)
      }
      if let settings { return .object([name: .object(settings)]) }
    }
    throw .format("data did not match any variant of untagged enum QuantizationConfig")
  }
}
