import Logging
import ProtoWire
import QdrantService
import VectorDB

/// What reads the requests of every call, by itself: for proofs and measurements of the readers.
package struct RequestReaders: Sendable {
  private let methods: GRPCMethods

  /// The readers of all calls that the server has.
  package init() {
    let service = QdrantService(
      state: ServerState(bodyBytesMax: 0), snapshotFolder: SnapshotFolder(path: ""),
      logger: Logger(label: "readers", factory: { _ in SwiftLogNoOpLogHandler() }))
    methods = GRPCMethods(service, GRPCRelease(title: "", version: "", commit: nil))
  }

  /// The paths of all calls, in the order of their letters.
  package var paths: [String] { methods.paths }

  /// Reads a request of the call at a path, as the server does.
  ///
  /// - Returns: whether it was no fault.
  package func reads(_ bytes: UnsafeRawBufferPointer, of path: String) -> Bool {
    methods.reads(ProtoMessage(bytes), of: path)
  }
}
