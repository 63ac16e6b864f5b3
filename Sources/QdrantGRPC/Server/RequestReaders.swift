import Logging
import ProtoWire
package import QdrantService
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

  /// What becomes of each call at a server that follows another one; what is open to all is read.
  package var followerParts: [String: FollowerPart] {
    Dictionary(
      uniqueKeysWithValues: paths.map { path in
        let parts = path.split(separator: "/").map(String.init)
        let action = parts.count == 2 ? GRPCMethods.action(parts[0], parts[1]) : nil
        return (path, action?.atFollower ?? .reads)
      })
  }

  /// Reads a request of the call at a path, as the server does.
  ///
  /// - Returns: whether it was no fault.
  package func reads(_ bytes: UnsafeRawBufferPointer, of path: String) -> Bool {
    methods.reads(ProtoMessage(bytes), of: path)
  }
}
