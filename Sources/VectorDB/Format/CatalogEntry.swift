import FastJSON
import PointModel
import Storage

/// What the catalogue keeps of a collection: its name, configuration, indexed payload fields, and
/// the number that each of its vectors has in keys. Numbers are never reused.
struct CatalogEntry {
  var name: String
  var config: CollectionConfig
  var payloadSchema: PayloadSchema
  var vectorNumbers: [String: UInt16]

  init(name: String, config: CollectionConfig, payloadSchema: PayloadSchema = PayloadSchema()) {
    self.name = name
    self.config = config
    self.payloadSchema = payloadSchema
    self.vectorNumbers = [:]
    numberVectors()
  }

  /// Gives numbers to vectors that have none: in entries of earlier releases, sparse ones.
  private mutating func numberVectors() {
    var next = (vectorNumbers.values.max() ?? .max) &+ 1
    for vector in config.vectorKinds where vectorNumbers[vector.name] == nil {
      vectorNumbers[vector.name] = next
      next &+= 1
    }
  }

  func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("name")
    writer.string(name)
    writer.key("vector_numbers")
    writer.beginObject()
    for (name, number) in vectorNumbers.sorted(by: { $0.value < $1.value }) {
      writer.key(name)
      writer.integer(number)
    }
    writer.endObject()
    writer.key("config")
    config.write(to: &writer)
    if !payloadSchema.isEmpty {
      writer.key("payload_schema")
      payloadSchema.write(to: &writer)
    }
    writer.endObject()
    return writer.bytes
  }

  /// Throws a reason when the bytes are not a catalogue entry.
  init(_ bytes: [UInt8]) throws(DatabaseError) {
    do {
      guard case .object(let entry) = try JSONValue(parsing: bytes),
        case .string(let name) = entry["name"], case .object(let numbers) = entry["vector_numbers"],
        let config = entry["config"]
      else { throw DatabaseError.damaged("a collection's catalogue entry is incomplete") }
      self.name = name
      self.config = try CollectionConfig(storedJSON: config)
      self.payloadSchema =
        try entry["payload_schema"].map { schema throws(StoredConfigError) in
          try PayloadSchema(storedJSON: schema)
        } ?? PayloadSchema()
      self.vectorNumbers = [:]
      for (vector, number) in numbers {
        guard case .integer(let number) = number, let number = UInt16(exactly: number) else {
          throw DatabaseError.damaged("collection `\(name)` has a damaged vector number")
        }
        vectorNumbers[vector] = number
      }
      numberVectors()
    } catch {
      if let error = error as? DatabaseError { throw error }
      throw .damaged("a collection's catalogue entry can't be read: \(error)")
    }
  }
}

/// The counters of a collection that survive restarts, so that neither an operation's number nor
/// an offset is ever used twice.
struct CollectionCounters: Equatable {
  var nextOperation: UInt64 = 0
  var nextOffset: UInt32 = 0

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendBigEndian(nextOperation)
    bytes.appendBigEndian(nextOffset)
    return bytes
  }

  init() {}

  init(_ bytes: [UInt8]) throws(DatabaseError) {
    let parsed = bytes.withUnsafeBytes { raw -> CollectionCounters? in
      guard raw.count == 12, let operation = raw.readBigEndian(UInt64.self, at: 0),
        let offset = raw.readBigEndian(UInt32.self, at: 8)
      else { return nil }
      var counters = CollectionCounters()
      counters.nextOperation = operation
      counters.nextOffset = offset
      return counters
    }
    guard let parsed else { throw .damaged("a collection's counters can't be read") }
    self = parsed
  }
}
