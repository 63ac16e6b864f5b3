import FastJSON

/// Points as lines of JSON: `{"id": …, "vector": …, "payload": …}`, the form that scrolling gives
/// and an export writes. Empty lines are passed over.
package final class JSONLSource: PointSource {
  private static let members: Set<String> = [
    "id", "vector", "payload", "version", "score", "shard_key", "order_value",
  ]

  /// Bytes of the file.
  package let total: Int
  /// Numbers of the first point's only vector; `nil` when it has named ones, or there is no point.
  package let dimension: Int?
  private let path: String
  private let lines: LineReader
  private let limits: TransferLimits
  private var position: ImportPosition

  /// Opens the file at `path`, and looks at its first point.
  package init(
    path: String, from position: ImportPosition, limits: TransferLimits
  ) throws(TransferError) {
    self.path = path
    self.limits = limits
    self.position = position
    total = try FileIdentity(of: path).size
    dimension = try Self.firstDimension(path, limits)
    lines = try LineReader(path: path, from: position.bytes, maximumBytes: limits.lineBytes)
  }

  /// Bytes of the file that lie before a position.
  package func done(at position: ImportPosition) -> Int { position.bytes }

  /// The points of the next lines, `nil` behind the last.
  package func nextBatch() throws(TransferError) -> PointBatch? {
    var body = UploadBody()
    var lastID: [UInt8] = []
    while body.count < limits.uploadPoints, body.byteCount < limits.uploadBytes,
      let line = try lines.next()
    {
      position.bytes = lines.position
      position.records += 1
      if Self.isBlank(line) { continue }
      let point = try Self.point(line, path, position.records)
      body.add(point)
      lastID = Self.bytes(of: point["id"])
    }
    if body.count == 0 { return nil }
    let count = body.count
    return PointBatch(body: body.finish(), count: count, lastID: lastID, end: position)
  }

  private static func bytes(of id: JSONElement?) -> [UInt8] {
    var writer = JSONWriter()
    id?.write(to: &writer)
    return writer.bytes
  }

  private static func isBlank(_ line: [UInt8]) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  private static func point(
    _ line: [UInt8], _ path: String, _ number: Int
  ) throws(TransferError) -> JSONElement {
    let root: JSONElement
    do throws(JSONSyntaxError) {
      root = try JSONDocument(parsing: line).root
    } catch {
      throw .record(path: path, number: number, reason: error.message)
    }
    guard let object = root.object else {
      throw .record(path: path, number: number, reason: "a line must hold one object")
    }
    guard object["id"] != nil, object["vector"] != nil else {
      throw .record(path: path, number: number, reason: "a point needs `id` and `vector`")
    }
    for (key, _) in object where !members.contains(key) {
      throw .record(path: path, number: number, reason: "unknown member `\(key)`")
    }
    return root
  }

  private static func firstDimension(
    _ path: String, _ limits: TransferLimits
  ) throws(TransferError) -> Int? {
    let lines = try LineReader(path: path, maximumBytes: limits.lineBytes)
    var number = 0
    while let line = try lines.next() {
      number += 1
      if isBlank(line) { continue }
      guard let vector = try point(line, path, number)["vector"]?.array else { return nil }
      let isFlat = vector.allSatisfy { $0.double != nil }
      return isFlat ? vector.count : nil
    }
    return nil
  }
}
