import ObjectStorage
import Synchronization

/// An object store in memory, whose requests can be made to fail.
final class MemoryStore: ObjectStore {
  /// What goes wrong with a request.
  enum Fault: Sendable {
    /// It never arrives.
    case lost
    /// It is carried out, and the answer never arrives.
    case replyLost
    /// It is refused.
    case refused
  }

  private struct State {
    var objects: [String: StoredObject] = [:]
    var tags = 0
    var faults: [(key: String, fault: Fault)] = []
    var isDown = false
    var writes = 0
    var lists = 0
  }

  private let state = Mutex(State())

  /// The next write of a key that begins with `key` fails.
  func fail(_ key: String, _ fault: Fault) { state.withLock { $0.faults.append((key, fault)) } }

  /// Whether no request arrives.
  var isDown: Bool {
    get { state.withLock { $0.isDown } }
    set { state.withLock { $0.isDown = newValue } }
  }

  /// Objects written so far.
  var writes: Int { state.withLock { $0.writes } }

  /// Lists made so far.
  var lists: Int { state.withLock { $0.lists } }

  /// All keys.
  var keys: [String] { state.withLock { $0.objects.keys.sorted() } }

  func create(_ key: String, _ bytes: [UInt8]) async throws(ObjectStoreError) -> CreateOutcome {
    try write(key) { state in
      if state.objects[key] != nil { return .exists }
      return .created(tag: Self.put(key, bytes, &state))
    }
  }

  func replace(
    _ key: String, ifTag tag: String, _ bytes: [UInt8]
  ) async throws(ObjectStoreError) -> String? {
    try write(key) { state in
      state.objects[key]?.tag == tag ? Self.put(key, bytes, &state) : nil
    }
  }

  func put(_ key: String, _ bytes: [UInt8]) async throws(ObjectStoreError) {
    _ = try write(key) { Self.put(key, bytes, &$0) }
  }

  func get(_ key: String) async throws(ObjectStoreError) -> StoredObject? {
    try read { $0.objects[key] }
  }

  func size(of key: String) async throws(ObjectStoreError) -> Int? {
    try read { $0.objects[key]?.bytes.count }
  }

  func list(
    _ prefix: String, after key: String?
  ) async throws(ObjectStoreError) -> ObjectPage {
    try read { state in
      state.lists += 1
      let keys = state.objects.keys.filter { $0.hasPrefix(prefix) && $0 > key ?? "" }.sorted()
      let entries = keys.prefix(1000).map { key in
        ObjectPage.Entry(key: key, size: state.objects[key]?.bytes.count ?? 0)
      }
      return ObjectPage(entries: entries, isTruncated: keys.count > 1000)
    }
  }

  func delete(_ key: String) async throws(ObjectStoreError) {
    try write(key) { $0.objects[key] = nil }
  }

  private static func put(_ key: String, _ bytes: [UInt8], _ state: inout State) -> String {
    state.tags += 1
    state.writes += 1
    let tag = "\"\(state.tags)\""
    state.objects[key] = StoredObject(bytes: bytes, tag: tag)
    return tag
  }

  private func read<Answer: Sendable>(
    _ body: (inout sending State) -> sending Answer
  ) throws(ObjectStoreError) -> Answer {
    let answer = state.withLock { state -> Result<Answer, ObjectStoreError> in
      state.isDown ? .failure(.unreachable("it is down")) : .success(body(&state))
    }
    return try answer.get()
  }

  private func write<Answer: Sendable>(
    _ key: String, _ body: (inout sending State) -> sending Answer
  ) throws(ObjectStoreError) -> Answer {
    let outcome = state.withLock { state -> Result<Answer, ObjectStoreError> in
      if state.isDown { return .failure(.unreachable("it is down")) }
      guard let index = state.faults.firstIndex(where: { key.hasPrefix($0.key) }) else {
        return .success(body(&state))
      }
      switch state.faults.remove(at: index).fault {
      case .lost: return .failure(.unreachable("it was lost"))
      case .refused: return .failure(.refused(status: 403, code: "AccessDenied", message: "No"))
      case .replyLost:
        _ = body(&state)
        return .failure(.unreachable("its answer was lost"))
      }
    }
    return try outcome.get()
  }
}
