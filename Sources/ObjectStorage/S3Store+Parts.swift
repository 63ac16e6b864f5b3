import HTTPTransfer

extension S3Store {
  /// Writes a large object in parts; none of it is there before the end.
  func putInParts(_ key: String, _ bytes: [UInt8]) async throws(ObjectStoreError) {
    let begun = try await send("POST", key, query: [("uploads", "")])
    try refuse(begun)
    let upload = try S3Reply.uploadID(begun.body)
    do throws(ObjectStoreError) {
      try await putParts(key, bytes, upload)
    } catch {
      // What is left of it costs room until it is given up.
      _ = try? await send("DELETE", key, query: [("uploadId", upload)])
      throw error
    }
  }

  private func putParts(
    _ key: String, _ bytes: [UInt8], _ upload: String
  ) async throws(ObjectStoreError) {
    var tags: [String] = []
    for start in stride(from: 0, to: bytes.count, by: Self.partBytes) {
      let part = Array(bytes[start..<min(bytes.count, start + Self.partBytes)])
      let query = [("partNumber", "\(tags.count + 1)"), ("uploadId", upload)]
      let response = try await send("PUT", key, query: query, body: part)
      try refuse(response)
      guard let tag = response.header("ETag") else { throw .malformed("a part has no ETag") }
      tags.append(tag)
    }
    let list = tags.enumerated().map { number, tag in
      "<Part><PartNumber>\(number + 1)</PartNumber><ETag>\(Self.escaped(tag))</ETag></Part>"
    }
    let body = "<CompleteMultipartUpload>\(list.joined())</CompleteMultipartUpload>"
    let response = try await send(
      "POST", key, query: [("uploadId", upload)], body: Array(body.utf8))
    try refuse(response)
    // An upload may also fail after the answer began with 200.
    try S3Reply.requireNoError(response)
  }

  private static func escaped(_ tag: String) -> String {
    tag.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
  }
}
