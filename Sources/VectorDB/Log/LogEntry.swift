package import PointModel

/// What one commit changes, as it is told to those who follow a database: effects, which whoever
/// applies them in the order of their numbers has nothing to work out of. The bytes are described
/// in <doc:StorageFormat>.
package struct LogEntry: Sendable, Equatable {
  /// Numbers of a database's entries follow one another without a gap. Commits that nobody else
  /// needs to hear of, as of points that move to other rows, have none.
  package var number: UInt64
  /// What changes, in this order; no two of them are points of one collection.
  package var changes: [LogChange]

  /// The entry of a commit.
  package init(number: UInt64, changes: [LogChange]) {
    self.number = number
    self.changes = changes
  }
}

/// One change of a ``LogEntry``.
package enum LogChange: Sendable, Equatable {
  /// Points of a collection.
  case points(LoggedPoints)
  /// Collections, aliases, indexed fields.
  case catalog(CatalogChange)
}

/// A change of the catalogue that says all there is to do. Collections go by their own names.
package enum CatalogChange: Sendable, Equatable {
  /// Makes a collection.
  case create(collection: String, CollectionConfig)
  /// Gives a collection another configuration of the same vectors.
  case configure(collection: String, CollectionConfig)
  /// Removes a collection with its points and aliases.
  case delete(collection: String)
  /// Changes aliases, in this order.
  case aliases([AliasOperation])
  /// How a payload field is indexed from now on; `nil` for not any more. It counts as an operation
  /// of the collection.
  case payloadField(collection: String, PayloadPath, PayloadFieldSchema?)
  /// A vector that comes, or goes with all its rows. It counts as an operation of the collection.
  case vectors(collection: String, VectorNameChange)
  /// Puts what a snapshot holds in the place of a collection, or makes one of it. The snapshot is
  /// known by its SHA-256, in hex: whoever applies this needs the file.
  case recover(collection: String, checksum: String)
}

/// What a commit does to the points of one collection.
package struct LoggedPoints: Sendable, Equatable {
  /// The collection's own name.
  package var collection: String
  /// The number of the operation after those of the commit.
  package var nextOperation: UInt64
  /// The points, each id once.
  package var points: [LoggedPoint]

  /// Changes of one collection.
  package init(collection: String, nextOperation: UInt64, points: [LoggedPoint]) {
    self.collection = collection
    self.nextOperation = nextOperation
    self.points = points
  }
}

/// What became of one point.
package struct LoggedPoint: Sendable, Equatable {
  /// What a point is after the change.
  package enum State: Sendable, Equatable {
    /// It is there no more.
    case deleted
    /// It has this payload, and these vectors and no others. `nil` leaves what there is.
    case present(payload: Payload?, vectors: [LoggedVector]?)
  }

  /// The point.
  package var id: PointID
  /// The operation that last changed it.
  package var version: UInt64
  /// What it is now.
  package var state: State

  /// A changed point.
  package init(id: PointID, version: UInt64, state: State) {
    self.id = id
    self.version = version
    self.state = state
  }
}

/// One vector of a point.
package struct LoggedVector: Sendable, Equatable {
  /// The name; empty for the unnamed one.
  package var name: String
  /// The vector as the `vectors` family keeps it.
  package var stored: [UInt8]

  /// A vector as it is stored.
  package init(name: String, stored: [UInt8]) {
    self.name = name
    self.stored = stored
  }
}

/// Why an entry of a log can't be used.
package enum LogError: Error, Sendable, Equatable {
  /// It ends before its end.
  case truncated
  /// A checksum is wrong, or it says what can't be.
  case damaged(String)
  /// A later release wrote it, in a version or with a kind of change that this one does not know.
  case newer(String)
  /// It does not follow the last one that was applied.
  case outOfOrder(expected: UInt64, found: UInt64)
  /// It can't be applied to what is there: it follows from another history.
  case mismatch(String)
  /// The database took no more changes.
  case refused(CollectionError)
}
