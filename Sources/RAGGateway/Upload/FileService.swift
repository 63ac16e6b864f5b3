import FastJSON
import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import TransportBase

/// Brings in whole files, as `quiver-gateway ingest` does: reads, divides and stores them, and
/// removes what an earlier version of the same document had more.
struct FileService: Sendable {
  private let uploads: UploadService
  private let documents: DocumentService
  private let limits: GatewayLimits

  init(uploads: UploadService, documents: DocumentService, limits: GatewayLimits) {
    self.uploads = uploads
    self.documents = documents
    self.limits = limits
  }

  /// Brings one file in; `progress` is told how many of how many passages are stored.
  ///
  /// - Throws: `GatewayError.unsupported` for a kind of file that lacks the program that reads it.
  func store(
    _ file: UploadedFile, by caller: Caller, progress: @Sendable (Int, Int) -> Void
  ) async throws(GatewayError) -> FileReport {
    let (document, remark) = try await read(file)
    let chunks = PassageMaker.chunks(of: document, name: file.name)
    var report = FileReport(document: file.name, passages: chunks.count, remark: remark)
    progress(0, chunks.count)
    for start in stride(from: 0, to: chunks.count, by: limits.chunksPerStep) {
      let batch = Array(chunks[start..<min(start + limits.chunksPerStep, chunks.count)])
      let stored = try await uploads.upload(batch, tenant: caller.tenant)
      report.add(stored, from: start)
      progress(start + batch.count, chunks.count)
    }
    // Only once all that the document has is stored: what it had before is better than a gap.
    if report.failed.isEmpty {
      let kept = Set(chunks.compactMap(\.chunkID))
      report.removed = try await documents.delete(
        .rest(of: file.name, keeping: kept), by: caller)
    }
    return report
  }

  /// Reads the file on a thread that may be held up: a program may have to turn it into text.
  private func read(
    _ file: UploadedFile
  ) async throws(GatewayError) -> (document: SourceDocument, remark: String?) {
    let outcome: Result<(SourceDocument, String?), IngestError>
    do {
      outcome = try await BlockingWork.run { Self.reading(file) }
    } catch {
      throw .overloaded(retryAfterSeconds: 1)
    }
    switch outcome {
    case .success(let read): return read
    case .failure(let error):
      let text = "\(file.name): \(error)"
      throw switch error {
      case .programMissing, .unknownKind: .unsupported(text)
      case .tooLarge: .tooLarge(text)
      default: .badRequest(text)
      }
    }
  }

  private static func reading(
    _ file: UploadedFile
  ) -> Result<(SourceDocument, String?), IngestError> {
    // Programs read files, and tell their kind by the ending.
    do throws(IngestError) {
      let read = try TemporaryFile.holding(
        file.bytes, ending: DocumentKind.ending(of: file.name)
      ) { path throws(IngestError) in
        try DocumentReader.read(SourceFile(path: path, name: file.name))
      }
      return .success((read.document, read.remark))
    } catch {
      return .failure(error)
    }
  }
}

/// What became of a file.
struct FileReport: Sendable {
  let document: String
  /// Passages that the file has.
  let passages: Int
  /// What is to be known about how it was read.
  private(set) var remark: String?
  var uploaded = 0
  var unchanged = 0
  var updated = 0
  /// Passages removed because the document no longer has them.
  var removed = 0
  var failed: [UploadReport.Failure] = []

  init(document: String, passages: Int, remark: String?) {
    self.document = document
    self.passages = passages
    self.remark = remark
  }

  mutating func add(_ report: UploadReport, from start: Int) {
    uploaded += report.uploaded
    unchanged += report.unchanged
    updated += report.updated
    failed += report.failed.map { .init(index: start + $0.index, error: $0.error) }
    for notice in report.notices where remark?.contains(notice) != true {
      remark = [remark, notice].compactMap { $0 }.joined(separator: "; ")
    }
  }

  var json: JSONValue {
    var members: JSONObjectValue = [
      "document": .string(document), "success": .bool(failed.isEmpty),
      "passages": .integer(Int64(passages)), "uploaded": .integer(Int64(uploaded)),
      "unchanged": .integer(Int64(unchanged)), "updated": .integer(Int64(updated)),
      "removed": .integer(Int64(removed)),
      "failed": .array(
        failed.map {
          .object(["index": .integer(Int64($0.index)), "error": .string($0.error)])
        }),
    ]
    if let remark { members["remark"] = .string(remark) }
    if passages == 0 { members["remark"] = .string("holds no text") }
    return .object(members)
  }
}

/// A file as a request brings it.
struct UploadedFile: Sendable {
  /// What it is stored as.
  let name: String
  let bytes: [UInt8]
}

/// Reads files out of request bodies: the whole body under the name in the query (`?name=`), or the
/// parts of a form (`multipart/form-data`, RFC 7578) that have file names.
package enum FileBody {
  /// Files that one request may bring.
  package static let filesMax = 100
  /// Characters of a file's name.
  private static let nameCharactersMax = 500
  /// Bytes of what stands between the parts of a form (RFC 2046).
  private static let boundaryBytesMax = 70

  /// The files in `body`, at least one.
  static func files(
    _ body: [UInt8], of request: Request
  ) throws(GatewayError) -> [UploadedFile] {
    let type = request.headers[.contentType] ?? ""
    let found: [UploadedFile]
    if let boundary = boundary(in: type) {
      try RequestBody.requireParameters(of: request)
      found = try parts(of: body, boundary: boundary)
    } else if let name = request.uri.queryParameters["name"].map({ String($0) }) {
      try RequestBody.requireParameters(of: request, among: ["name"])
      found = [UploadedFile(name: name, bytes: body)]
    } else {
      throw .badRequest(
        "Send a form (multipart/form-data) with files, or a file as the body with ?name=NAME")
    }
    guard !found.isEmpty else { throw .badRequest("The form holds no file") }
    guard found.count <= filesMax else {
      throw .tooLarge("A form has at most \(filesMax) files")
    }
    for file in found {
      let isName =
        !file.name.isEmpty && file.name.count <= nameCharactersMax
        && !file.name.contains { $0.isNewline || $0 == "\0" }
      guard isName else {
        throw .badRequest("A file's name has 1 to \(nameCharactersMax) characters, all on one line")
      }
    }
    // Before any of them is stored.
    var names: Set<String> = []
    for file in found where !names.insert(file.name).inserted {
      throw .badRequest(
        "The form holds two files named \(file.name), of which one would replace the other")
    }
    for file in found where DocumentKind(name: file.name) == nil {
      throw .unsupported(
        "\(file.name) is not a kind of file that is read; read are \(DocumentKind.readable)")
    }
    return found
  }

  /// The boundary of a form; `nil` when the type is another.
  package static func boundary(in contentType: String) -> String? {
    let parts = contentType.split(separator: ";").map { String($0).trimmed }
    guard parts.first?.lowercased() == "multipart/form-data" else { return nil }
    for part in parts.dropFirst() where part.lowercased().hasPrefix("boundary=") {
      var value = part.dropFirst("boundary=".count)
      if value.count > 1, value.hasPrefix("\""), value.hasSuffix("\"") {
        value = value.dropFirst().dropLast()
      }
      return value.isEmpty || value.utf8.count > boundaryBytesMax ? nil : String(value)
    }
    return nil
  }

  /// The files in a form. What else is in it would say something about them that is not known here.
  private static func parts(
    of body: [UInt8], boundary: String
  ) throws(GatewayError) -> [UploadedFile] {
    let form = try split(body, boundary: boundary)
    if let field = form.fields.first, form.files.isEmpty {
      throw .badRequest("The form holds no file: the part `\(field)` has no file name")
    }
    guard form.fields.isEmpty else {
      throw .unprocessable(
        form.fields.prefix(FieldProblem.toldMax).map { .unexpected([.name("body"), .name($0)]) })
    }
    return form.files.map { UploadedFile(name: $0.name, bytes: Array(body[$0.content])) }
  }

  /// Where in a form its files are, with their names, and the names of what is no file. Browsers
  /// write names as UTF-8, quotes in them as `%22`, and a part without a name for no file at all.
  package static func split(
    _ body: [UInt8], boundary: String
  ) throws(GatewayError) -> (files: [(name: String, content: Range<Int>)], fields: [String]) {
    let broken = GatewayError.badRequest("The form is not well formed, or it broke off")
    let mark = Array("--\(boundary)".utf8)
    guard body.starts(with: mark) else { throw broken }
    var found: [(name: String, content: Range<Int>)] = []
    var fields: [String] = []
    var position = mark.count
    let next = Array("\r\n".utf8) + mark
    while true {
      // Behind the last part stand two hyphens more.
      if body[position...].starts(with: "--".utf8) { return (found, fields) }
      guard body[position...].starts(with: "\r\n".utf8),
        let head = firstRange(of: Array("\r\n\r\n".utf8), in: body, from: position)
      else { throw broken }
      let content = head + 4
      guard let end = firstRange(of: next, in: body, from: content) else { throw broken }
      let lines = String(decoding: body[position..<head], as: UTF8.self)
      let disposition = disposition(in: lines)
      if let name = fileName(in: disposition) {
        if !name.isEmpty { found.append((name, content..<end)) }
      } else {
        fields.append(disposition["name"] ?? "")
      }
      position = end + next.count
    }
  }

  private static func disposition(in head: String) -> HeaderParameters {
    let lines = head.split(whereSeparator: \.isNewline)
    return HeaderParameters(
      lines.first { $0.lowercased().hasPrefix("content-disposition:") } ?? "")
  }

  /// The name of the file in a part, empty for no file; `nil` when the part is of another kind.
  private static func fileName(in disposition: HeaderParameters) -> String? {
    guard let name = disposition.extended("filename") ?? disposition["filename"] else { return nil }
    // Some browsers send the whole path.
    return name.replacing("%22", with: "\"").split { $0 == "/" || $0 == "\\" }.last
      .map(String.init) ?? ""
  }

  /// Where `mark`, which is not empty, begins in `body` at or behind `start`.
  private static func firstRange(of mark: [UInt8], in body: [UInt8], from start: Int) -> Int? {
    body.withUnsafeBytes { bytes -> Int? in
      guard let base = bytes.baseAddress else { return nil }
      var position = start
      while position + mark.count <= bytes.count {
        let left = bytes.count - mark.count - position + 1
        guard let found = memchr(base + position, Int32(mark[0]), left) else { return nil }
        position = base.distance(to: UnsafeRawPointer(found))
        if memcmp(base + position, mark, mark.count) == 0 { return position }
        position += 1
      }
      return nil
    }
  }
}
