import FastJSON

/// What a migration remembers between two runs.
struct MigrationRecord: Sendable {
  /// How far one collection has come.
  struct Entry: Sendable, Equatable {
    /// The point to go on from, as JSON; `nil` at the beginning and at the end.
    var next: [UInt8]?
    /// Points copied.
    var copied = 0
    /// Whether all have been copied.
    var isComplete = false
  }

  private let checkpoint: Checkpoint
  private let source: String
  private let target: String
  private(set) var entries: [String: Entry] = [:]

  /// What an earlier run between the same two servers saved, or nothing.
  static func load(
    _ checkpoint: Checkpoint, from source: String, to target: String
  ) throws(TransferError) -> MigrationRecord {
    var record = MigrationRecord(checkpoint: checkpoint, source: source, target: target)
    guard let saved = try checkpoint.load() else { return record }
    guard case .object(let members) = saved, members["from"] == .string(source),
      members["to"] == .string(target), case .object(let collections)? = members["collections"]
    else {
      throw .unfit(
        """
        \(checkpoint.path) is about other servers; give another --checkpoint, or --restart
        """)
    }
    for (name, value) in collections {
      guard case .object(let fields) = value else { continue }
      var entry = Entry()
      if case .string(let next)? = fields["next"] { entry.next = Array(next.utf8) }
      if case .integer(let copied)? = fields["copied"] { entry.copied = Int(copied) }
      entry.isComplete = fields["complete"] == .bool(true)
      record.entries[name] = entry
    }
    return record
  }

  private init(checkpoint: Checkpoint, source: String, target: String) {
    self.checkpoint = checkpoint
    self.source = source
    self.target = target
  }

  /// Notes that a collection is at its beginning.
  mutating func begin(_ name: String) throws(TransferError) { try set(name, Entry()) }

  /// Notes how far a collection has come.
  mutating func set(_ name: String, _ entry: Entry) throws(TransferError) {
    entries[name] = entry
    var collections = JSONObjectValue()
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      var fields: JSONObjectValue = [
        "copied": .integer(Int64(entry.copied)), "complete": .bool(entry.isComplete),
      ]
      if let next = entry.next { fields["next"] = .string(String(decoding: next, as: UTF8.self)) }
      collections[name] = .object(fields)
    }
    try checkpoint.save(
      .object([
        "from": .string(source), "to": .string(target), "collections": .object(collections),
      ]))
  }
}
