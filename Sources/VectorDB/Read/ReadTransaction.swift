import FastJSON
import PointModel
import Storage
import Synchronization
import VectorIndex

/// One collection as of one commit. Used on a search thread or the committer's thread, as its calls
/// block: all that ask the store. Its loops end soon once ``flag`` says that nobody waits.
struct ReadTransaction: Sendable {
  let collection: PointCollection
  /// All there is to know of the collection at this commit but its records.
  let state: PublishedCollection
  private let commit: PublishedCommit
  /// Whether somebody still waits for what is read.
  var flag = CancellationFlag()
  /// Where it is written down what searches looked at; `nil` where nobody asks.
  var explanation: QueryExplanation?
  /// The trace that the read belongs to.
  let trace = StageTrace.current
  /// Whether the request that it serves has been answered in part.
  var isContinued = false
  /// What counts the records that become part of an answer that is held whole.
  var meter: AnswerMeter?

  /// A read of what is published of a collection, with a commit that changed it no further.
  init(_ collection: PointCollection, _ state: PublishedCollection, _ commit: PublishedCommit) {
    self.collection = collection
    self.state = state
    self.commit = commit
  }

  var snapshot: StoreSnapshot { commit.snapshot }
  var visibility: VisibilityView { state.visibility }
  var identities: IdentityView { state.identities }
  /// The fields that the collection had at this commit.
  var fieldSet: FieldSet { state.fieldSet }
  /// What it had under each vector's name, in the order of ``fieldSet``.
  var fields: [any FieldView] { state.fields }
  /// The payload indexes that are ready.
  var payloadIndexes: PayloadIndexView { state.payloadIndexes }
  /// Points that exist.
  var pointsCount: Int { state.pointsCount }

  private var store: KeyValueStore { collection.core.store }
  private var number: UInt32 { collection.number }

  /// Keys looked up together.
  private static let keysAtOnce = 256
  /// Records read together before it is known how long they are.
  private static let recordsAtFirst = 16
  /// What records that are read together may take, about: the store lends all of them at once.
  private static let recordBytesAtOnce = 8 << 20
  /// Records read between two looks at the flag: what is done with one may take a while.
  private static let recordsPerLook = 16

  /// Runs `body` on a search thread, with a transaction whose flag is that of the call: it is set,
  /// and this throws at once, when the calling task is cancelled.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable (ReadTransaction) throws(CollectionError) -> Value
  ) async throws(CollectionError) -> Value {
    collection.core.reads.noteBegin()
    let queuedAt = trace == nil ? 0 : StageTrace.now
    return try await collection.core.searchThreads.run(isContinued: isContinued) {
      flag throws(CollectionError) in
      trace?.record("wait", from: queuedAt)
      var transaction = self
      transaction.flag = flag
      return try body(transaction)
    }
  }

  /// The id of the point whose row of this commit is at `offset`, from memory.
  func id(of offset: UInt32) throws(CollectionError) -> PointID {
    guard let id = identities.id(of: offset) else { throw missing(offset) }
    return id
  }

  /// Where each of `ids` is; `nil` for those that do not exist.
  func locations(of ids: [PointID]) throws(CollectionError) -> [PointLocation?] {
    var locations = [PointLocation?](repeating: nil, count: ids.count)
    do throws(CollectionError) {
      for start in stride(from: 0, to: ids.count, by: Self.keysAtOnce) {
        if start > 0 { try flag.check() }
        var keys = KeyList()
        for id in ids[start..<min(start + Self.keysAtOnce, ids.count)] {
          keys.append { KeyLayout.append(id, of: number, to: &$0) }
        }
        try store.visit(keys, in: KeyLayout.ids, at: snapshot) {
          (index, value) throws(CollectionError) in
          if let value { locations[start + index] = try PointLocation(value) }
        }
      }
    } catch {
      collection.note(error)
      throw error
    }
    return locations
  }

  /// Reads the records at `offsets`, all of which exist at this commit: few together where they are
  /// long.
  func visitRecords(
    at offsets: [UInt32],
    _ body: (_ index: Int, PointRecord.View) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    do throws(CollectionError) {
      var (start, count, longest) = (0, Self.recordsAtFirst, 1)
      while start < offsets.count {
        let end = min(start + count, offsets.count)
        var keys = KeyList(width: 8, capacity: end - start)
        for offset in offsets[start..<end] {
          keys.append { KeyLayout.append(point: offset, of: number, to: &$0) }
        }
        try store.visit(keys, in: KeyLayout.points, at: snapshot) {
          (index, value) throws(CollectionError) in
          if index.isMultiple(of: Self.recordsPerLook), start + index > 0 { try flag.check() }
          guard let value else { throw missing(offsets[start + index]) }
          longest = max(longest, value.count)
          try body(start + index, PointRecord.view(value))
        }
        start = end
        count = max(1, min(Self.keysAtOnce, Self.recordBytesAtOnce / longest))
      }
    } catch {
      collection.note(error)
      throw error
    }
  }

  /// Reads every record in the order of offsets until `body` returns `false`.
  func scanRecords(
    _ body: (_ offset: UInt32, PointRecord.View) throws(CollectionError) -> Bool
  ) throws(CollectionError) {
    let range = KeyLayout.range(of: number)
    var visited = 0
    do {
      var iterator = try store.scan(
        in: KeyLayout.points, from: range.lower, upTo: range.upper, at: snapshot)
      while try iterator.next() {
        visited += 1
        if visited.isMultiple(of: Self.recordsPerLook) { try flag.check() }
        guard let offset = iterator.key.readBigEndian(UInt32.self, at: 4) else {
          throw CollectionError.storage("a point's key is damaged")
        }
        guard try body(offset, PointRecord.view(iterator.value)) else { return }
      }
    } catch let error as StorageError {
      collection.note(CollectionError(error))
      throw CollectionError(error)
    } catch let error as CollectionError {
      throw error
    } catch {
      throw .storage(String(describing: error))
    }
  }

  /// What is under the vector name `name`; `nil` for nothing.
  func view(named name: String) -> (any FieldView)? {
    fieldSet.position(of: name).map { fields[$0] }
  }

  /// What is under the vector name `name`.
  ///
  /// - Throws: ``CollectionError`` when the collection has no such vector.
  func view(
    named name: String, context: @autoclosure () -> String
  ) throws(CollectionError) -> any FieldView {
    guard let view = view(named: name) else {
      throw .unknownVector(name, context: context())
    }
    return view
  }

  /// Refuses names that no vector has.
  func checkNames(_ selector: VectorSelector) throws(CollectionError) {
    guard case .names(let names) = selector else { return }
    for name in names where fieldSet[name] == nil { throw .unknownVector(name, context: "") }
  }

  /// The view of a field of the collection; `nil` if it did not have it at this commit.
  func view(of field: any VectorField) -> (any FieldView)? {
    view(named: field.name).flatMap { $0.field === field ? $0 : nil }
  }

  /// The payload of the point at `location`; empty for no location.
  func payload(at location: PointLocation?) throws(CollectionError) -> Payload {
    var payload = Payload.empty
    guard let location else { return payload }
    try visitRecords(at: [location.offset]) { (_, record) throws(CollectionError) in
      payload = Payload(normalizedJSON: Array(record.payload))
    }
    return payload
  }

  /// A record as a client asked for it.
  func record(
    _ view: PointRecord.View, at offset: UInt32, payload: PayloadSelection, vector: VectorSelector
  ) throws(CollectionError) -> Record {
    let record = Record(
      id: view.id, payload: try payload.apply(to: view),
      vectors: try vectors(at: offset, vector))
    try meter?.add(bytes(of: record))
    return record
  }

  /// About what the payload and the vectors of a record take in memory.
  func bytes(of record: Record) -> Int {
    let payload = record.payload?.json.count ?? 0
    guard let vectors = record.vectors else { return payload }
    return payload + (vectors.isEmpty ? 0 : fields.reduce(0) { $0 + $1.field.rowBytes })
  }

  private func missing(_ offset: UInt32) -> CollectionError {
    if collection.isDropped { return .collectionNotFound(collection.name) }
    return .storage("the record of offset \(offset) in `\(collection.name)` is missing")
  }
}

extension KeyValueStore {
  /// ``multiGet(_:in:at:_:)`` with the engine's errors.
  func visit(
    _ keys: KeyList, in family: ColumnFamily, at snapshot: StoreSnapshot,
    _ body: (Int, UnsafeRawBufferPointer?) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    var refusal: CollectionError?
    do throws(StorageError) {
      try multiGet(keys, in: family, at: snapshot) { index, value in
        if refusal != nil { return }
        do throws(CollectionError) {
          try body(index, value)
        } catch {
          refusal = error
        }
      }
    } catch {
      throw CollectionError(error)
    }
    if let refusal { throw refusal }
  }
}
