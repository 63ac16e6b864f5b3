import PointModel
import ProtoWire
import QdrantAPI
import QdrantService
import VectorDB

/// The calls about snapshots and about the server itself.
extension GRPCMethods {
  private static let snapshots = "qdrant.Snapshots"

  mutating func addSnapshots(_ service: QdrantService) {
    add(Self.snapshots, "Create", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      let made = try await service.createSnapshot(of: .collection(name), wait: true, call)
      return .answer(call) { writer in if let made { writer.snapshot(1, made) } }
    }
    add(Self.snapshots, "List", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      let known = try await service.snapshots(of: .collection(name), call)
      return try await .elsewhere {
        .answer(call) { writer in for snapshot in known { writer.snapshot(1, snapshot) } }
      }
    }
    add(Self.snapshots, "Delete", CollectionMessages.snapshot) {
      (message, call) async throws(ServiceError) in
      _ = try await service.deleteSnapshot(
        message.snapshot, of: .collection(message.collection), wait: true, call)
      return .answer(call, timeField: 1) { _ in }
    }
    add(Self.snapshots, "CreateFull", CollectionMessages.nothing) {
      (_, call) async throws(ServiceError) in
      let made = try await service.createSnapshot(of: .server, wait: true, call)
      return .answer(call) { writer in if let made { writer.snapshot(1, made) } }
    }
    add(Self.snapshots, "ListFull", CollectionMessages.nothing) {
      (_, call) async throws(ServiceError) in
      let known = try await service.snapshots(of: .server, call)
      return try await .elsewhere {
        .answer(call) { writer in for snapshot in known { writer.snapshot(1, snapshot) } }
      }
    }
    add(Self.snapshots, "DeleteFull", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      _ = try await service.deleteSnapshot(name, of: .server, wait: true, call)
      return .answer(call, timeField: 1) { _ in }
    }
  }

  /// The calls by which followers read the files of a shard, none of which this server has.
  mutating func addStorageReads(_ service: QdrantService) {
    for method in [
      "ListFiles", "FileExists", "FileLength", "ReadBytes", "ReadBytesStream", "ReadWhole",
      "ReadBatch",
    ] {
      add("qdrant.StorageRead", method, CollectionMessages.name) {
        (name, call) async throws(ServiceError) in
        try service.readStorage(of: name, call)
        return GRPCAnswer(ProtoWriter())
      }
    }
  }

  /// What is open to all: which server this is, and whether it serves.
  mutating func addHealth(_ release: GRPCRelease) {
    add("qdrant.Qdrant", "HealthCheck", isOpen: true, CollectionMessages.nothing) {
      (_, _) async throws(ServiceError) in
      var writer = ProtoWriter()
      writer.string(1, release.title)
      writer.string(2, release.version)
      if let commit = release.commit { writer.string(3, commit) }
      return GRPCAnswer(writer)
    }
    add("grpc.health.v1.Health", "Check", isOpen: true, CollectionMessages.name) {
      (_, _) async throws(ServiceError) in
      var writer = ProtoWriter()
      writer.varint(1, 1 as UInt64)
      return GRPCAnswer(writer)
    }
  }
}

/// Which server this is, as health checks tell it.
public struct GRPCRelease: Sendable {
  let title: String
  let version: String
  let commit: String?

  /// A server by its title, the version of the contract that it speaks, and what it is built from.
  public init(title: String, version: String, commit: String?) {
    self.title = title
    self.version = version
    self.commit = commit
  }
}

extension ProtoWriter {
  /// Writes what is known of a snapshot.
  fileprivate mutating func snapshot(_ field: UInt32, _ snapshot: SnapshotDescription) {
    message(field) { writer in
      writer.string(1, snapshot.name)
      if let moment = Datetime(snapshot.creationTime + "Z") {
        writer.message(2) { $0.varint(1, moment.seconds) }
      }
      writer.varint(3, Int64(snapshot.size))
      if let checksum = snapshot.checksum { writer.string(4, checksum) }
    }
  }
}
