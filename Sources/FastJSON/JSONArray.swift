/// The elements of an array inside a `JSONDocument`, in order.
public struct JSONArray: Sequence, Sendable {
  let document: JSONDocument
  let index: Int

  /// How many elements there are.
  public var count: Int { document.withTape { $0.count(ofContainerAt: index) } }

  /// Whether there are no elements.
  public var isEmpty: Bool { count == 0 }

  /// A lower bound of `count`, here exact.
  public var underestimatedCount: Int { count }

  /// Starts at the first element.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Walks the elements of a `JSONArray`.
  public struct Iterator: IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var index: Int
    private let end: Int

    init(_ array: JSONArray) {
      document = array.document
      index = array.index + 1
      end = array.document.withTape { $0.end(ofContainerAt: array.index) }
    }

    /// The next element, `nil` behind the last.
    public mutating func next() -> JSONElement? {
      guard index < end else { return nil }
      let element = JSONElement(document: document, index: index)
      index = document.withTape { [index] in $0.next(after: index) }
      return element
    }
  }
}
