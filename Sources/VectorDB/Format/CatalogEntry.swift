import FastJSON
import PointModel
import Storage

/// What the catalogue keeps of a collection: its name, configuration, indexed payload fields, and
/// the number that each of its vectors has in keys. Numbers are never reused.
struct CatalogEntry {
  var name: String
  var config: CollectionConfig
  var payloadSchema: PayloadSchema
  var vectorNumbers: VectorNumbers

  init(
    name: String, config: CollectionConfig, payloadSchema: PayloadSchema = PayloadSchema(),
    vectorNumbers: VectorNumbers = VectorNumbers()
  ) {
    self.name = name
    self.config = config
    self.payloadSchema = payloadSchema
    self.vectorNumbers = vectorNumbers
    self.vectorNumbers.add(config.vectorKinds.map(\.name))
  }

  func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("name")
    writer.string(name)
    writer.key("vector_numbers")
    writer.beginObject()
    for (name, number) in vectorNumbers.byName.sorted(by: { $0.value < $1.value }) {
      writer.key(name)
      writer.integer(number)
    }
    writer.endObject()
    writer.key("next_vector_number")
    writer.integer(vectorNumbers.next)
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
      var known: [String: UInt16] = [:]
      for (vector, number) in numbers {
        guard case .integer(let number) = number, let number = UInt16(exactly: number) else {
          throw DatabaseError.damaged("collection `\(name)` has a damaged vector number")
        }
        known[vector] = number
      }
      var next: Int?
      if case .integer(let number)? = entry["next_vector_number"] { next = Int(exactly: number) }
      self.vectorNumbers = VectorNumbers(known, next: next)
      // In entries of earlier releases, sparse vectors have no number.
      self.vectorNumbers.add(self.config.vectorKinds.map(\.name))
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
