/// A dictionary from strings to JSON values that remembers the order of insertion.
///
/// Keys are compared byte by byte. Few members are searched in sequence, many by hash.
public struct JSONObjectValue: Sendable {
  fileprivate struct Member: Sendable {
    let key: JSONKey
    var value: JSONValue
  }

  /// The most members searched in sequence.
  private static let sequentialLimit = 16

  private var members: [Member] = []
  /// Positions in `members`; empty as long as there are at most `sequentialLimit`.
  private var positions: [JSONKey: Int] = [:]

  /// No members.
  public init() {}

  /// The given members; of those with the same key, the first position and the last value remain.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    self.members.reserveCapacity(members.underestimatedCount)
    for (key, value) in members { self[key] = value }
  }

  /// How many members there are.
  public var count: Int { members.count }

  /// Whether there are no members.
  public var isEmpty: Bool { members.isEmpty }

  /// The keys in order.
  public var keys: [String] { members.map(\.key.string) }

  /// The values in order.
  public var values: [JSONValue] { members.map(\.value) }

  /// The value of a key. Setting a new key appends it, setting an existing one keeps its
  /// position, and setting `nil` removes it in time linear in the number of members.
  public subscript(key: String) -> JSONValue? {
    get { position(of: JSONKey(key)).map { members[$0].value } }
    set {
      let key = JSONKey(key)
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): remove(at: position)
      case (nil, let value?): append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Removes the members for which the predicate holds, in one pass.
  public mutating func removeAll(where predicate: (String, JSONValue) throws -> Bool) rethrows {
    try members.removeAll { try predicate($0.key.string, $0.value) }
    indexMembers()
  }

  /// Removes the members of many keys, in one pass.
  public mutating func remove(_ keys: some Sequence<String>) {
    let gone = Set(keys.map(JSONKey.init))
    members.removeAll { gone.contains($0.key) }
    indexMembers()
  }

  private func position(of key: JSONKey) -> Int? {
    members.count > Self.sequentialLimit
      ? positions[key] : members.firstIndex { $0.key == key }
  }

  private mutating func append(_ member: Member) {
    members.append(member)
    if members.count == Self.sequentialLimit + 1 {
      indexMembers()
    } else if members.count > Self.sequentialLimit {
      positions[member.key] = members.count - 1
    }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    indexMembers()
  }

  private mutating func indexMembers() {
    positions.removeAll(keepingCapacity: true)
    guard members.count > Self.sequentialLimit else { return }
    for (position, member) in members.enumerated() { positions[member.key] = position }
  }
}

extension JSONObjectValue: Sequence {
  /// Walks the members in order.
  public struct Iterator: IteratorProtocol, Sendable {
    private var members: IndexingIterator<[Member]>

    fileprivate init(_ members: [Member]) { self.members = members.makeIterator() }

    /// The next member, `nil` behind the last.
    public mutating func next() -> (key: String, value: JSONValue)? {
      members.next().map { ($0.key.string, $0.value) }
    }
  }

  /// Starts at the first member.
  public func makeIterator() -> Iterator { Iterator(members) }

  /// A lower bound of `count`, here exact.
  public var underestimatedCount: Int { members.count }
}

extension JSONObjectValue: Hashable {
  /// Whether both have the same keys with the same values, in any order.
  public static func == (left: JSONObjectValue, right: JSONObjectValue) -> Bool {
    left.count == right.count
      && left.members.allSatisfy { member in
        right.position(of: member.key).map { right.members[$0].value == member.value } ?? false
      }
  }

  /// Feeds the members in no particular order.
  public func hash(into hasher: inout Hasher) {
    var sum = 0
    for member in members {
      var own = Hasher()
      own.combine(member.key)
      own.combine(member.value)
      sum &+= own.finalize()
    }
    hasher.combine(sum)
  }
}

extension JSONObjectValue: ExpressibleByDictionaryLiteral {
  /// The given members; of those with the same key, the first position and the last value remain.
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
