/// Brings files into a gateway: reads, divides, uploads.
///
/// Nothing is remembered between runs. What is stored already is recognised by the gateway, so a
/// run that broke off is simply started again.
package struct Ingestor: Sendable {
  /// Passages in one upload of a file that is ingested.
  private static let batchPassagesMax = 64

  private let uploader: any ChunkUploading
  private let progress: any IngestProgress

  /// An ingestion that uploads through `uploader` and tells `progress` how it goes.
  package init(uploader: any ChunkUploading, progress: any IngestProgress) {
    self.uploader = uploader
    self.progress = progress
  }

  /// Brings in the files at `paths`.
  ///
  /// - Throws: `IngestError.unreachable` when nobody answers: no other file would fare better.
  package func run(_ paths: [String]) async throws(IngestError) -> IngestReport {
    let found = SourceFile.find(at: paths)
    let (files, failures) = (found.files, found.failures)
    var report = IngestReport()
    for failure in failures { fail(failure.path, failure.error, report: &report) }
    remark(on: found, report: &report)
    var owner: [String: String] = [:]
    for (done, file) in files.enumerated() {
      progress.advance(
        done: done, of: files.count, passages: report.passages.total, current: file.name)
      do throws(IngestError) {
        if let other = owner[file.name] {
          if other == file.path { continue }
          throw IngestError.nameTaken(name: file.name, by: other)
        }
        owner[file.name] = file.path
        try await bringIn(file, report: &report)
      } catch .unreachable(let reason) {
        progress.finish()
        throw .unreachable(reason)
      } catch {
        fail(file.path, error, report: &report)
      }
    }
    progress.advance(
      done: files.count, of: files.count, passages: report.passages.total, current: "")
    progress.finish()
    report.files = files.count + failures.count
    return report
  }

  /// Says what is left out: a folder of which nothing is read is a failure.
  private func remark(on found: SourceFile.Findings, report: inout IngestReport) {
    if found.links > 0 {
      progress.report("note: \(found.links) links to files that are read under their own names")
    }
    if found.outside > 0 {
      progress.report(
        "note: \(found.outside) links that lead out of the folder are left out; name what they "
          + "lead to, if it is to be read")
    }
    guard !found.skipped.isEmpty else { return }
    let kinds = found.skipped.sorted { $0.key < $1.key }
      .map { "\($0.value) \($0.key.isEmpty ? "without an ending" : ".\($0.key)")" }
    let known = DocumentKind.allExtensions.joined(separator: ", ")
    progress.report(
      "note: files of other kinds are left out: \(kinds.joined(separator: ", ")) (read are: "
        + "\(known) and manual pages)")
    if found.files.isEmpty, found.failures.isEmpty {
      report.failedFiles += 1
      progress.report("failed: there is no file of a kind that is read")
    }
  }

  private func fail(_ path: String, _ error: IngestError, report: inout IngestReport) {
    report.failedFiles += 1
    progress.report("failed: \(path): \(error)")
  }

  private func bringIn(
    _ file: SourceFile, report: inout IngestReport
  ) async throws(IngestError) {
    let (document, remark) = try DocumentReader.read(file)
    if let remark { progress.report("note: \(file.path): \(remark)") }
    let chunks = PassageMaker.chunks(of: document, name: file.name)
    if chunks.isEmpty {
      report.emptyFiles += 1
      progress.report("note: \(file.path): holds no text")
    }
    for start in stride(from: 0, to: chunks.count, by: Self.batchPassagesMax) {
      let batch = Array(chunks[start..<min(start + Self.batchPassagesMax, chunks.count)])
      let summary = try await uploader.upload(batch)
      if let notice = summary.notice, report.passages.notice == nil {
        progress.report("note: \(file.path): \(notice)")
      }
      report.passages.add(summary)
      if let failure = summary.failures.first { throw .rejected(failure) }
      progress.passagesDone(report.passages.total)
    }
    // Only once all that the document has is stored: what it had before is better than a gap.
    report.removedPassages += try await uploader.prune(
      document: file.name, keeping: chunks.compactMap(\.chunkID))
  }
}

extension UploadSummary {
  /// Passages that are stored now.
  fileprivate var total: Int { uploaded + updated + unchanged }
}

/// Takes chunks to where they are stored.
package protocol ChunkUploading: Sendable {
  /// Uploads chunks of one batch.
  func upload(_ chunks: [Chunk]) async throws(IngestError) -> UploadSummary

  /// Removes the chunks of a document (its `source`) other than those with these ids; returns how
  /// many there were.
  func prune(document: String, keeping ids: [String]) async throws(IngestError) -> Int
}

/// Is told how an ingestion goes.
package protocol IngestProgress: Sendable {
  /// `done` of `total` files are through, `passages` passages so far.
  func advance(done: Int, of total: Int, passages: Int, current: String)
  /// So many passages are stored by now, in the middle of a file.
  func passagesDone(_ passages: Int)
  /// A file that failed, or something to know about one.
  func report(_ line: String)
  /// All files are through.
  func finish()
}

/// What became of an ingestion.
package struct IngestReport: Sendable, Equatable {
  /// Files that were looked at.
  package var files = 0
  /// Files among them that hold no text.
  package var emptyFiles = 0
  /// Files among them that were not brought in, or not wholly.
  package var failedFiles = 0
  /// What became of their passages.
  package var passages = UploadSummary()
  /// Passages removed because their document no longer has them.
  package var removedPassages = 0

  /// Nothing done yet.
  package init() {}

  /// The summary for people.
  package var text: String {
    var text = "\(files) files: \(passages.uploaded) passages uploaded, "
    text += "\(passages.updated) updated, \(passages.unchanged) unchanged"
    if removedPassages > 0 { text += ", \(removedPassages) removed" }
    if emptyFiles > 0 { text += "; \(emptyFiles) files without text" }
    if failedFiles > 0 { text += "; \(failedFiles) failed" }
    return text
  }
}

/// Why a file or a batch of passages could not be brought in.
public enum IngestError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder can't be read.
  case unreadable(String)
  /// Larger than a source may be.
  case tooLarge(bytes: Int, limit: Int)
  /// The bytes are no text.
  case notText
  /// The bytes may be text, but in which encoding can't be told.
  case unknownEncoding
  /// Nothing here reads files with this ending.
  case unknownKind(ending: String)
  /// A program that reads files of this kind is not installed.
  case programMissing(program: String, package: String)
  /// The pages hold pictures and no text.
  case scanned
  /// Another file of the same run has the same name, so their chunks would replace each other.
  case nameTaken(name: String, by: String)
  /// Nobody answers at the gateway's address.
  case unreachable(String)
  /// The gateway refused or failed.
  case rejected(String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unreadable(let reason): reason
    case .tooLarge(let bytes, let limit):
      "\(bytes) bytes are more than the \(limit) that a source may have"
    case .notText: "not a text file"
    case .unknownEncoding: "neither UTF-8 nor in an encoding that can be told; convert it first"
    case .unknownKind(let ending):
      "not a kind of file that is read\(ending.isEmpty ? "" : " (.\(ending))"); read are "
        + DocumentKind.allExtensions.joined(separator: ", ") + " and manual pages"
    case .programMissing(let program, let package):
      "needs \(program), which is not installed (Debian package \(package))"
    case .scanned: "holds no text: its pages are pictures, as scanners make them"
    case .nameTaken(let name, let other):
      "would be stored as \(name), as \(other) is; ingest a folder that holds both"
    case .unreachable(let reason): "gateway unreachable: \(reason)"
    case .rejected(let reason): "gateway: \(reason)"
    }
  }
}
