import FastJSON
import FoundationEssentials
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
  /// - Throws: `GatewayError.unsupported` for a kind of file that is not read here.
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
        .document(file.name, keeping: kept), by: caller)
    }
    return report
  }

  /// Reads the file on a thread that may be held up: a program may have to turn it into text.
  private func read(
    _ file: UploadedFile
  ) async throws(GatewayError) -> (document: SourceDocument, remark: String?) {
    guard DocumentKind(name: file.name) != nil else {
      throw .unsupported(
        "\(file.name) is not a kind of file that is read; read are \(DocumentKind.readable)")
    }
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
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "quiver-upload-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "file\(DocumentKind.ending(of: file.name))")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700])
      try Data(file.bytes).write(to: path)
    } catch {
      return .failure(.unreadable("there is no room for it"))
    }
    do throws(IngestError) {
      let read = try DocumentReader.read(SourceFile(path: path.path(), name: file.name))
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
  let remark: String?
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
