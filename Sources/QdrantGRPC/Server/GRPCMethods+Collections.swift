import FastJSON
import PointModel
import ProtoWire
import QdrantAPI
import QdrantService
import VectorDB

/// The calls about collections as wholes, and those of a cluster, which this server is not.
extension GRPCMethods {
  private static let collections = "qdrant.Collections"

  mutating func addCollections(_ service: QdrantService) {
    addDescriptions(service)
    addChanges(service)
    addAliases(service)
    addCluster(service)
  }

  private mutating func addDescriptions(_ service: QdrantService) {
    add(Self.collections, "Get", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      let description = try await service.describe(name, call)
      return .answer(call) { $0.collection(1, description) }
    }
    add(Self.collections, "List", CollectionMessages.nothing) {
      (_, call) async throws(ServiceError) in
      try await .elsewhere { () throws(ServiceError) in
        let names = try service.collections(call)
        return .answer(call) { writer in
          for name in names { writer.message(1) { $0.string(1, name) } }
        }
      }
    }
    add(Self.collections, "CollectionExists", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      let exists = try service.exists(name, call)
      return .answer(call) { writer in writer.message(1) { $0.bool(1, exists) } }
    }
  }

  private mutating func addChanges(_ service: QdrantService) {
    add(Self.collections, "Create", CollectionMessages.create) {
      (message, call) async throws(ServiceError) in
      try await service.create(message.collection, message.request, call.within(message.timeout))
      return .answer(call) { $0.bool(1, true) }
    }
    add(Self.collections, "Update", CollectionMessages.update) {
      (message, call) async throws(ServiceError) in
      try await service.update(message.collection, message.request, call.within(message.timeout))
      return .answer(call) { $0.bool(1, true) }
    }
    add(Self.collections, "Delete", CollectionMessages.deletion) {
      (message, call) async throws(ServiceError) in
      let existed = try await service.delete(message.collection, call.within(message.timeout))
      return .answer(call) { $0.bool(1, existed) }
    }
  }

  private mutating func addAliases(_ service: QdrantService) {
    add(Self.collections, "UpdateAliases", CollectionMessages.aliases) {
      (message, call) async throws(ServiceError) in
      try await service.changeAliases(message.request, call.within(message.timeout))
      return .answer(call) { $0.bool(1, true) }
    }
    add(Self.collections, "ListCollectionAliases", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      try await .elsewhere { () throws(ServiceError) in
        let aliases = try service.aliases(of: name, call)
        return .answer(call) { $0.aliases(1, aliases) }
      }
    }
    add(Self.collections, "ListAliases", CollectionMessages.nothing) {
      (_, call) async throws(ServiceError) in
      try await .elsewhere { () throws(ServiceError) in
        let aliases = try service.aliases(call)
        return .answer(call) { $0.aliases(1, aliases) }
      }
    }
  }

  private mutating func addCluster(_ service: QdrantService) {
    add(Self.collections, "CollectionClusterInfo", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      let count = try service.pointsCount(of: name, call)
      return .answer(call, timeField: 7) { writer in
        writer.varint(2, 1 as UInt64)
        writer.message(3) { $0.varintUnlessZero(2, UInt64(count)) }
      }
    }
    add(Self.collections, "ListShardKeys", CollectionMessages.name) {
      (name, call) async throws(ServiceError) in
      try service.shardKeys(of: name, call)
      return .answer(call) { _ in }
    }
    let changes: [(method: String, action: ServiceAction)] = [
      ("UpdateCollectionClusterSetup", .updateShards), ("CreateShardKey", .createShardKey),
      ("DeleteShardKey", .deleteShardKey),
    ]
    for change in changes {
      add(Self.collections, change.method, CollectionMessages.name) {
        (name, call) async throws(ServiceError) in
        try service.changeCluster(of: name, change.action, call)
        return .answer(call) { _ in }
      }
    }
  }
}

extension ProtoWriter {
  /// Writes further names of collections.
  fileprivate mutating func aliases(_ field: UInt32, _ aliases: [Alias]) {
    for alias in aliases {
      message(field) { writer in
        writer.string(1, alias.name)
        writer.string(2, alias.collection)
      }
    }
  }

  /// Writes what a collection reports of itself.
  fileprivate mutating func collection(_ field: UInt32, _ description: CollectionDescription) {
    let info = description.info
    message(field) { writer in
      let status: UInt64 =
        switch description.status {
        case .green: 1
        case .yellow: 2
        case .red: 3
        }
      writer.varint(1, status)
      writer.message(2) { optimizer in
        if let problem = description.problem {
          optimizer.string(2, problem)
        } else {
          optimizer.bool(1, true)
        }
      }
      writer.varintUnlessZero(4, UInt64(info.segmentsCount))
      writer.message(7) { $0.config(info.config) }
      for indexed in info.payloadFields {
        writer.message(8) { entry in
          entry.string(1, indexed.path.description)
          entry.message(2) { SettingsMessage.payloadIndexInfo.write(indexed.json, to: &$0) }
        }
      }
      writer.varint(9, UInt64(info.pointsCount))
      writer.varint(10, UInt64(info.indexedVectorsCount))
      for warning in info.config.warnings { writer.message(11) { $0.string(1, warning) } }
      writer.message(12) { $0.varintUnlessZero(1, UInt64(info.updateQueueLength)) }
    }
  }

  private mutating func config(_ config: CollectionConfig) {
    var json = JSONWriter()
    config.write(to: &json)
    // What a configuration writes is JSON.
    guard let value = try? JSONValue(parsing: json.bytes) else { return }
    SettingsMessage.collectionConfig.write(value, to: &self)
  }
}

extension PayloadFieldInfo {
  /// As a description of a collection has it in JSON.
  fileprivate var json: JSONValue {
    var entry: JSONObjectValue = ["data_type": .string(schema.params.type.rawValue)]
    if !schema.isTypeOnly { entry["params"] = .object(schema.params.json) }
    entry["points"] = .integer(Int64(pointsCount))
    return .object(entry)
  }
}
