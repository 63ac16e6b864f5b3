import FastJSON

/// Points as rows of a NumPy matrix, and payloads, if any, as lines of JSON beside it. The id of a
/// point is the number of its row, counted from `firstID`.
final class NPYSource: PointSource {
  let total: Int
  private let matrix: NPYFile
  private let payloads: LineReader?
  private let payloadPath: String
  private let vectorName: String?
  private let firstID: UInt64
  private let limits: TransferLimits
  private var position: ImportPosition

  var dimension: Int? { matrix.dimension }

  init(
    path: String, payloads: String?, vectorName: String?, firstID: UInt64,
    from position: ImportPosition, limits: TransferLimits
  ) throws(TransferError) {
    matrix = try NPYFile(path: path)
    total = matrix.rowCount
    payloadPath = payloads ?? ""
    self.payloads =
      if let payloads {
        try LineReader(path: payloads, from: position.bytes, maximumBytes: limits.lineBytes)
      } else {
        nil
      }
    self.vectorName = vectorName
    self.firstID = firstID
    self.limits = limits
    self.position = position
    guard UInt64(total) <= UInt64.max - firstID else {
      throw .unfit("--first-id \(firstID) leaves no room for \(total) ids")
    }
  }

  func done(at position: ImportPosition) -> Int { position.records }

  func nextBatch() throws(TransferError) -> PointBatch? {
    // A number takes about twelve bytes as text.
    let roomy = limits.uploadBytes / (12 * matrix.dimension)
    let count = min(limits.uploadPoints, max(1, roomy), total - position.records)
    if count <= 0 {
      try checkEnd()
      return nil
    }
    let first = position.records
    let rows = try matrix.rows(first..<first + count)
    var body = UploadBody()
    for row in 0..<count {
      let payload = try nextPayload(of: first + row)
      let vector = Array(rows[row * matrix.dimension..<(row + 1) * matrix.dimension])
      guard vector.allSatisfy(\.isFinite) else {
        throw .record(
          path: "row", number: first + row + 1, reason: "a vector holds only finite numbers")
      }
      body.add { writer in
        writer.beginObject()
        writer.key("id")
        writer.integer(firstID + UInt64(first + row))
        writer.key("vector")
        if let vectorName {
          writer.beginObject()
          writer.key(vectorName)
          writer.floats(vector)
          writer.endObject()
        } else {
          writer.floats(vector)
        }
        if let payload {
          writer.key("payload")
          payload.write(to: &writer)
        }
        writer.endObject()
      }
    }
    position.records += count
    if let payloads { position.bytes = payloads.position }
    let lastID = Array(String(firstID + UInt64(position.records - 1)).utf8)
    return PointBatch(body: body.finish(), count: count, lastID: lastID, end: position)
  }

  private func nextPayload(of row: Int) throws(TransferError) -> JSONElement? {
    guard let payloads else { return nil }
    guard let line = try payloads.next() else {
      throw .file(path: payloadPath, reason: "it has \(row) lines for \(total) rows")
    }
    let root: JSONElement
    do throws(JSONSyntaxError) {
      root = try JSONDocument(parsing: line).root
    } catch {
      throw .record(path: payloadPath, number: row + 1, reason: error.message)
    }
    guard root.kind == .object || root.isNull else {
      throw .record(path: payloadPath, number: row + 1, reason: "a payload is an object")
    }
    return root.isNull ? nil : root
  }

  private func checkEnd() throws(TransferError) {
    guard let line = try payloads?.next(), !line.isEmpty else { return }
    throw .file(path: payloadPath, reason: "it has more lines than the matrix has \(total) rows")
  }
}
