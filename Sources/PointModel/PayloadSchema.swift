/// An indexed field of the payloads: how it is indexed, and the form in which it was asked for.
public struct PayloadFieldSchema: Sendable, Equatable {
  /// The kind of index and its parameters.
  public var params: PayloadIndexParams
  /// Whether only the type's name was given: a description then shows no parameters.
  public var isTypeOnly: Bool

  /// A field with parameters.
  public init(_ params: PayloadIndexParams) {
    self.params = params
    self.isTypeOnly = false
  }

  /// A field of a type with all defaults.
  public init(type: PayloadIndexType) {
    self.params = PayloadIndexParams(defaultsOf: type)
    self.isTypeOnly = true
  }

  /// Whether an index of this schema is one of `other` too.
  public func isEquivalent(to other: PayloadFieldSchema) -> Bool { params == other.params }
}

/// The indexed fields of a collection's payloads, by path.
public struct PayloadSchema: Sendable, Equatable {
  private var byPath: [PayloadPath: PayloadFieldSchema]

  /// No field is indexed.
  public init() {
    byPath = [:]
  }

  /// How `path` is indexed; `nil` when it is not.
  public subscript(path: PayloadPath) -> PayloadFieldSchema? {
    get { byPath[path] }
    set { byPath[path] = newValue }
  }

  /// Whether no field is indexed.
  public var isEmpty: Bool { byPath.isEmpty }
  /// How many fields are indexed.
  public var count: Int { byPath.count }

  /// The fields in the order of their names.
  public var fields: [(path: PayloadPath, schema: PayloadFieldSchema)] {
    byPath.sorted { $0.key.description < $1.key.description }
      .map { (path: $0.key, schema: $0.value) }
  }
}
