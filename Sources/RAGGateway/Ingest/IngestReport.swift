/// What became of an ingestion.
package struct IngestReport: Sendable, Equatable {
  package var files = 0
  package var emptyFiles = 0
  package var failedFiles = 0
  package var passages = UploadSummary()

  package init() {}

  /// The summary for people.
  package var text: String {
    var text = "\(files) files: \(passages.uploaded) passages uploaded, "
    text += "\(passages.updated) updated, \(passages.unchanged) unchanged"
    if emptyFiles > 0 { text += "; \(emptyFiles) files without text" }
    if failedFiles > 0 { text += "; \(failedFiles) failed" }
    return text
  }
}
