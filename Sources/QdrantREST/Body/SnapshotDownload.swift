import HTTPTransfer
import QdrantService
import Synchronization
import TransportBase
import VectorDB

/// Fetches a snapshot from another server into a file.
struct SnapshotDownload: Sendable {
  let folder: SnapshotFolder
  /// The largest snapshot taken, in bytes.
  let limit: Int
  /// By what the other server is known over TLS.
  let trust: HTTPTrust

  private static let timeoutSeconds = 6.0 * 3600

  /// - Parameter apiKey: sent along, for servers that want one.
  /// - Returns: the file, which the caller removes.
  /// - Throws: ``CollectionError/badRequest(_:)`` when the address gives no snapshot, or one that
  ///   is too large.
  func fetch(_ url: String, apiKey: String?) async throws(ServiceError) -> SnapshotFile {
    do {
      let file = try await BlockingWork.run { [folder] in try folder.createUpload() }
      do throws(CollectionError) {
        try await fetch(url, apiKey, into: file)
        return file
      } catch {
        SnapshotUpload.remove(file)
        throw error
      }
    } catch {
      throw .engine(error as? CollectionError ?? .shuttingDown)
    }
  }

  private func fetch(
    _ url: String, _ apiKey: String?, into file: SnapshotFile
  ) async throws(CollectionError) {
    // A client of its own: its thread writes the file, and nothing else waits for it.
    let client = HTTPClient(trust: trust)
    let failure = Mutex<CollectionError?>(nil)
    var request = HTTPTransfer.HTTPRequest(
      url: url, timeoutSeconds: Self.timeoutSeconds, maximumResponseBytes: limit)
    if let apiKey { request.headers.append(("api-key", apiKey)) }
    let response: HTTPTransfer.HTTPResponse
    do throws(HTTPClientError) {
      response = try await client.download(request) { bytes in
        do throws(CollectionError) {
          try file.write(bytes)
          return true
        } catch {
          failure.withLock { $0 = error }
          return false
        }
      }
    } catch {
      if let failure = failure.withLock({ $0 }) { throw failure }
      throw .badRequest("Failed to download snapshot from \(url): \(error)")
    }
    guard (200..<300).contains(response.status) else {
      throw .badRequest(
        "Failed to download snapshot from \(url): status - \(response.status)")
    }
  }
}
