import FastJSON
import PointModel
import Storage

extension LogEntry {
  /// Reads the bytes of one entry, all of them. What they claim to hold is believed only as far as
  /// they reach, so that no more memory is taken than a few times their length.
  ///
  /// - Throws: ``LogError`` when they are cut off or damaged, or a later release's.
  package init(decoding bytes: [UInt8]) throws(LogError) {
    var failure: LogError?
    var entry: LogEntry?
    bytes.withUnsafeBytes { raw in
      do throws(LogError) {
        entry = try LogEntry(raw)
      } catch {
        failure = error
      }
    }
    guard let entry else { throw failure ?? .truncated }
    self = entry
  }

  private init(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
    var cursor = LogCursor(bytes)
    guard try cursor.take(4).elementsEqual(LogFormat.magic) else {
      throw .damaged("it does not begin as an entry does")
    }
    let version = try cursor.integer(UInt8.self)
    let number = try cursor.integer(UInt64.self)
    let count = try cursor.integer(UInt32.self)
    let length = try cursor.integer(UInt64.self)
    let checksum = try cursor.integer(UInt32.self)
    let header = UnsafeRawBufferPointer(rebasing: bytes[..<(LogFormat.headerBytes - 4)])
    guard checksum == LogFormat.checksum(header) else {
      throw .damaged("the checksum of its header is wrong")
    }
    guard version == LogFormat.version else {
      throw .newer("it has version \(version), this release reads version \(LogFormat.version)")
    }
    guard length <= UInt64(cursor.rest.count) else { throw .truncated }
    guard length == UInt64(cursor.rest.count) else { throw .damaged("something follows its end") }
    var changes: [LogChange] = []
    for _ in 0..<count { changes.append(try cursor.change()) }
    try cursor.requireEnd()
    self.init(number: number, changes: changes)
  }
}

/// Takes one thing after another from the bytes of an entry, and nothing beyond their end.
private struct LogCursor {
  private(set) var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  mutating func take(_ count: Int) throws(LogError) -> UnsafeRawBufferPointer {
    guard count <= rest.count else { throw .truncated }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
    return UnsafeRawBufferPointer(rebasing: rest[..<count])
  }

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
    _ type: T.Type
  ) throws(LogError) -> T {
    try take(MemoryLayout<T>.size).readBigEndian(type) ?? 0
  }

  /// A count of things of at least `bytes` bytes each, which must be there.
  mutating func count(ofAtLeast bytes: Int) throws(LogError) -> Int {
    let count = Int(try integer(UInt32.self))
    guard count <= rest.count / bytes else { throw .truncated }
    return count
  }

  mutating func string() throws(LogError) -> String {
    let bytes = try take(try count(ofAtLeast: 1))
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .damaged("a text is not UTF-8")
    }
    return text
  }

  mutating func json() throws(LogError) -> JSONValue {
    let bytes = try take(try count(ofAtLeast: 1))
    do throws(JSONSyntaxError) {
      return try JSONValue(parsing: Array(bytes))
    } catch {
      throw .damaged("what should be JSON is not: \(error.message)")
    }
  }

  func requireEnd() throws(LogError) {
    if !rest.isEmpty { throw .damaged("something follows its end") }
  }

  // MARK: Changes

  mutating func change() throws(LogError) -> LogChange {
    let start = rest
    let tag = try integer(UInt8.self)
    let length = try integer(UInt64.self)
    let checksum = try integer(UInt32.self)
    guard length <= UInt64(rest.count) else { throw .truncated }
    var body = LogCursor(try take(Int(length)))
    let header = UnsafeRawBufferPointer(rebasing: start[..<(LogFormat.changeHeaderBytes - 4)])
    guard checksum == LogFormat.checksum(header, body.rest) else {
      throw .damaged("the checksum of a change is wrong")
    }
    guard let kind = LogFormat.Kind(rawValue: tag) else {
      throw .newer("it has a change of kind \(tag), which this release does not know")
    }
    let change: LogChange =
      if kind == .points { .points(try body.points()) } else { .catalog(try body.catalog(kind)) }
    try body.requireEnd()
    return change
  }

  private mutating func catalog(_ kind: LogFormat.Kind) throws(LogError) -> CatalogChange {
    switch kind {
    case .points: throw .damaged("points are no change of the catalogue")
    case .create: return .create(collection: try string(), try config())
    case .configure: return .configure(collection: try string(), try config())
    case .delete: return .delete(collection: try string())
    case .aliases:
      var operations: [AliasOperation] = []
      for _ in 0..<(try count(ofAtLeast: 5)) { operations.append(try aliasOperation()) }
      return .aliases(operations)
    case .payloadField:
      let name = try string()
      guard let path = PayloadPath(try string()) else {
        throw .damaged("a payload field has no path")
      }
      let stored = try json()
      if stored == .null { return .payloadField(collection: name, path, nil) }
      guard let field = PayloadFieldSchema(storedJSON: stored) else {
        throw .damaged("a payload field is indexed in no known way")
      }
      return .payloadField(collection: name, path, field)
    case .vectors: return .vectors(collection: try string(), try vectorChange())
    case .recover: return .recover(collection: try string(), checksum: try string())
    }
  }

  private mutating func vectorChange() throws(LogError) -> VectorNameChange {
    let name = try string()
    let stored = try json()
    if stored == .null { return .remove(name: name) }
    let config = try config(stored)
    if let params = config.vectors[name] { return .add(name: name, .dense(params)) }
    guard let params = config.sparseVector(named: name) else {
      throw .damaged("a vector that comes is not declared")
    }
    return .add(name: name, .sparse(params))
  }

  private mutating func config() throws(LogError) -> CollectionConfig { try config(json()) }

  private func config(_ stored: JSONValue) throws(LogError) -> CollectionConfig {
    do throws(StoredConfigError) {
      return try CollectionConfig(storedJSON: stored)
    } catch {
      throw .damaged("a configuration can't be read: \(error)")
    }
  }

  private mutating func aliasOperation() throws(LogError) -> AliasOperation {
    switch LogFormat.AliasKind(rawValue: try integer(UInt8.self)) {
    case .create: return .create(Alias(name: try string(), collection: try string()))
    case .delete: return .delete(try string())
    case .rename: return .rename(from: try string(), to: try string())
    case nil: throw .damaged("a change of an alias is of no known kind")
    }
  }

  // MARK: Points

  private mutating func points() throws(LogError) -> LoggedPoints {
    let collection = try string()
    let nextOperation = try integer(UInt64.self)
    var names: [String] = []
    for _ in 0..<(try integer(UInt16.self)) { names.append(try string()) }
    // An id of 9 bytes, a version and the parts.
    let count = try count(ofAtLeast: 18)
    var points: [LoggedPoint] = []
    points.reserveCapacity(count)
    for _ in 0..<count { points.append(try point(names)) }
    return LoggedPoints(collection: collection, nextOperation: nextOperation, points: points)
  }

  private mutating func point(_ names: [String]) throws(LogError) -> LoggedPoint {
    guard let (id, length) = KeyLayout.id(in: rest) else { throw .damaged("a point has no id") }
    _ = try take(length)
    let version = try integer(UInt64.self)
    let parts = LogFormat.PointParts(rawValue: try integer(UInt8.self))
    guard parts.isSubset(of: .all) else { throw .damaged("point \(id) has unknown parts") }
    if parts.contains(.deleted) {
      guard parts == .deleted else { throw .damaged("point \(id) is deleted and is not") }
      return LoggedPoint(id: id, version: version, state: .deleted)
    }
    var payload: Payload?
    if parts.contains(.payload) {
      payload = Payload(normalizedJSON: Array(try take(try count(ofAtLeast: 1))))
    }
    var vectors: [LoggedVector]?
    if parts.contains(.vectors) {
      var values: [LoggedVector] = []
      for _ in 0..<(try integer(UInt16.self)) {
        let index = Int(try integer(UInt16.self))
        guard index < names.count else { throw .damaged("a vector of point \(id) has no name") }
        let stored = Array(try take(try count(ofAtLeast: 1)))
        values.append(LoggedVector(name: names[index], stored: stored))
      }
      vectors = values
    }
    return LoggedPoint(
      id: id, version: version, state: .present(payload: payload, vectors: vectors))
  }
}
