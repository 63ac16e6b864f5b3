import FastJSON
import PointModel
import ProtoWire
import QdrantAPI
import QdrantService
import VectorDB

/// The calls about points.
extension GRPCMethods {
  private static let points = "qdrant.Points"

  mutating func addPoints(_ service: QdrantService) {
    addUpdates(service)
    addIndexes(service)
    addVectorNames(service)
    addReads(service)
    addQueries(service)
  }

  // MARK: Changes

  private mutating func addUpdates(_ service: QdrantService) {
    let updates: [(method: String, decode: Decode<UpdateMessage>)] = [
      ("Upsert", UpdateMessages.upsert), ("Delete", UpdateMessages.delete),
      ("UpdateVectors", UpdateMessages.updateVectors),
      ("DeleteVectors", UpdateMessages.deleteVectors), ("SetPayload", UpdateMessages.setPayload),
      ("OverwritePayload", UpdateMessages.overwritePayload),
      ("DeletePayload", UpdateMessages.deletePayload),
      ("ClearPayload", UpdateMessages.clearPayload),
    ]
    for update in updates {
      add(Self.points, update.method, update.decode) {
        (message, call) async throws(ServiceError) in
        let results = try await service.update(
          message.collection, message.operations, wait: message.wait,
          call.within(message.timeout))
        return .answer(call) { writer in
          for result in results { writer.updateResult(1, result) }
        }
      }
    }
    add(Self.points, "UpdateBatch", UpdateMessages.batch) {
      (message, call) async throws(ServiceError) in
      let results = try await service.update(
        message.collection, message.operations, wait: message.wait, call.within(message.timeout))
      return .answer(call) { writer in
        for result in results { writer.updateResult(1, result) }
      }
    }
  }

  private mutating func addIndexes(_ service: QdrantService) {
    add(Self.points, "CreateFieldIndex", PayloadIndexMessages.create) {
      (message, call) async throws(ServiceError) in
      let result = try await service.createPayloadIndex(
        of: message.collection, at: message.path, message.schema, wait: message.wait,
        call.within(message.timeout))
      return .answer(call) { $0.updateResult(1, result) }
    }
    add(Self.points, "DeleteFieldIndex", PayloadIndexMessages.delete) {
      (message, call) async throws(ServiceError) in
      let result = try await service.deletePayloadIndex(
        of: message.collection, at: message.path, wait: message.wait, call.within(message.timeout))
      return .answer(call) { $0.updateResult(1, result) }
    }
  }

  private mutating func addVectorNames(_ service: QdrantService) {
    let changes: [(method: String, decode: Decode<VectorNameMessage>)] = [
      ("CreateVectorName", VectorNameMessages.create),
      ("DeleteVectorName", VectorNameMessages.delete),
    ]
    for change in changes {
      add(Self.points, change.method, change.decode) { (message, call) async throws(ServiceError) in
        let result = try await service.changeVectors(
          of: message.collection, message.change, wait: message.wait,
          call.within(message.timeout))
        return .answer(call) { $0.updateResult(1, result) }
      }
    }
  }

  // MARK: Reads

  private mutating func addReads(_ service: QdrantService) {
    add(Self.points, "Get", ReadMessages.retrieve) { (message, call) async throws(ServiceError) in
      let call = call.within(message.timeout)
      let pages = try await service.retrieve(message.collection, message.request, call)
      let most = message.request.ids.count
      return try await .points(pages, most: most, call, service) { writer, point, parser in
        writer.record(1, point.record, &parser)
      }
    }
    add(Self.points, "Scroll", ReadMessages.scroll) { (message, call) async throws(ServiceError) in
      let call = call.within(message.timeout)
      let page = try await service.scroll(message.collection, message.request, call)
      var beginning = ProtoWriter()
      if let next = page.nextOffset { beginning.id(1, next) }
      return try await .points(
        page.pages, most: message.request.limit, after: beginning, call, timeField: 3, service
      ) { writer, point, parser in writer.record(2, point.record, &parser) }
    }
    add(Self.points, "Count", ReadMessages.count) { (message, call) async throws(ServiceError) in
      let call = call.within(message.timeout)
      let count = try await service.count(message.collection, message.request, call)
      return .answer(call) { writer in
        writer.message(1) { $0.varintUnlessZero(1, UInt64(count)) }
      }
    }
    add(Self.points, "Facet", ReadMessages.facet) { (message, call) async throws(ServiceError) in
      let call = call.within(message.timeout)
      let hits = try await service.facet(message.collection, message.request, call)
      return try await .held(call, service) { writer in
        for hit in hits { writer.facet(1, hit) }
      }
    }
    add(Self.points, "SearchMatrixPairs", ReadMessages.matrix) {
      (message, call) async throws(ServiceError) in
      let call = call.within(message.timeout)
      let matrix = try await service.matrix(message.collection, message.request, call)
      return try await .held(call, service) { $0.pairs(1, matrix) }
    }
    add(Self.points, "SearchMatrixOffsets", ReadMessages.matrix) {
      (message, call) async throws(ServiceError) in
      let call = call.within(message.timeout)
      let matrix = try await service.matrix(message.collection, message.request, call)
      return try await .held(call, service) { $0.coordinates(1, matrix) }
    }
  }

  // MARK: Searches

  private mutating func addQueries(_ service: QdrantService) {
    let single: [(method: String, decode: Decode<ReadMessage<[QueryRequest]>>)] = [
      ("Query", QueryMessages.query), ("Search", LegacyMessages.search),
      ("Recommend", LegacyMessages.recommend), ("Discover", LegacyMessages.discover),
    ]
    for query in single {
      add(Self.points, query.method, query.decode) { (message, call) async throws(ServiceError) in
        let call = call.within(message.timeout)
        let pages = try await service.query(message.collection, message.request[0], call)
        let most = message.request[0].limit
        return try await .points(pages, most: most, call, service) { writer, point, parser in
          writer.scoredPoint(1, point, &parser)
        }
      }
    }
    let batches: [(method: String, decode: Decode<ReadMessage<[QueryRequest]>>)] = [
      ("QueryBatch", QueryMessages.batch), ("SearchBatch", LegacyMessages.searchBatch),
      ("RecommendBatch", LegacyMessages.recommendBatch),
      ("DiscoverBatch", LegacyMessages.discoverBatch),
    ]
    for batch in batches {
      add(Self.points, batch.method, batch.decode) { (message, call) async throws(ServiceError) in
        let call = call.within(message.timeout)
        let pages = try await service.query(message.collection, batch: message.request, call)
        let most = message.request.reduce(0) { $0 + min($1.limit, 1 << 32) }
        return try await .lists(pages, most: most, call, service) { writer, point, parser in
          writer.scoredPoint(1, point, &parser)
        }
      }
    }
    let groups: [(method: String, decode: Decode<ReadMessage<GroupsRequest>>)] = [
      ("QueryGroups", QueryMessages.groups), ("SearchGroups", LegacyMessages.searchGroups),
      ("RecommendGroups", LegacyMessages.recommendGroups),
    ]
    for grouped in groups {
      add(Self.points, grouped.method, grouped.decode) {
        (message, call) async throws(ServiceError) in
        let call = call.within(message.timeout)
        let found = try await service.groups(message.collection, message.request, call)
        return try await .held(call, service) { writer in
          var parser = JSONRecordParser()
          writer.message(1) { result in
            for group in found.value { result.group(1, group, &parser) }
          }
        }
      }
    }
  }
}

extension ServiceCall {
  /// The same call, with so many seconds to be answered in.
  func within(_ seconds: Int?) -> ServiceCall {
    var call = self
    call.timeoutSeconds = seconds ?? timeoutSeconds
    return call
  }
}

extension ProtoWriter {
  /// Writes how far a change has come.
  mutating func updateResult(_ field: UInt32, _ result: UpdateResult) {
    message(field) { writer in
      if let number = result.operationID { writer.varint(1, number) }
      let status: UInt64 =
        switch result.status {
        case .acknowledged: 1
        case .completed: 2
        case .waitTimeout: 4
        }
      writer.varint(2, status)
    }
  }
}
