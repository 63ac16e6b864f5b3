import CSimdJSON

/// The members of an object inside a `JSONDocument`, in source order.
///
/// A key may occur more than once: iteration and `count` show every occurrence, the subscript the
/// last one.
public struct JSONObject: Sequence, Sendable {
  let document: JSONDocument
  let index: Int

  /// How many members there are.
  public var count: Int { document.withTape { $0.count(ofContainerAt: index) } }

  /// Whether there are no members.
  public var isEmpty: Bool { count == 0 }

  /// A lower bound of `count`, here exact.
  public var underestimatedCount: Int { count }

  /// The value of the last member with this key, compared byte by byte. Takes time linear in the
  /// number of members.
  public subscript(key: String) -> JSONElement? {
    var key = key
    let found = key.withUTF8 { key in
      document.withTape { csimdjson_find_last($0.view, index, key.baseAddress, key.count) }
    }
    return found == 0 ? nil : JSONElement(document: document, index: found)
  }

  /// Starts at the first member.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Walks the members of a `JSONObject`.
  public struct Iterator: IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var index: Int
    private let end: Int

    init(_ object: JSONObject) {
      document = object.document
      index = object.index + 1
      end = object.document.withTape { $0.end(ofContainerAt: object.index) }
    }

    /// The next member, `nil` behind the last.
    public mutating func next() -> (key: String, value: JSONElement)? {
      guard index < end else { return nil }
      let value = JSONElement(document: document, index: index + 1)
      let (key, next) = document.withTape { [index] tape in
        (tape.string(at: index), tape.next(after: index + 1))
      }
      index = next
      return (key, value)
    }
  }
}
