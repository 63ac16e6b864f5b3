public import FastJSON
import PointModel

extension TokenClaims {
  /// Reads claims from the JSON of a token. Names that are not known say nothing; those that are
  /// must have the right type, and may be there once.
  ///
  /// - Throws: ``TokenFault/malformed`` or ``TokenFault/invalid(_:)``.
  init(parsing json: [UInt8]) throws(TokenFault) {
    guard let root = (try? JSONDocument(parsing: json))?.root.object else { throw .malformed }
    let members = try Members(root, ["sub", "exp", "access", "value_exists", "subject"])
    self.init()
    owner = try members.text("sub")
    subject = try members.text("subject")
    if let value = members["exp"], !value.isNull {
      guard let seconds = value.uint64 else { throw .malformed }
      expiry = seconds
    }
    if let value = members["access"] { access = try Self.grant(value) }
    if let value = members["value_exists"], !value.isNull {
      valueExists = try Self.valueExists(value)
    }
  }

  private static func grant(_ value: JSONElement) throws(TokenFault) -> Grant {
    if let text = value.string {
      switch text {
      case "r": return .read
      case "m": return .manage
      default: throw .malformed
      }
    }
    guard let entries = value.array else { throw .malformed }
    var grants: [CollectionGrant] = []
    var problem: String?
    for (index, entry) in entries.enumerated() {
      guard let object = entry.object else { throw .malformed }
      let members = try Members(object, ["collection", "access", "payload"])
      guard let collection = members["collection"]?.string,
        let right = members["access"]?.string.flatMap(CollectionRight.init)
      else { throw .malformed }
      // Tokens that were made for a part of a collection must not open all of it.
      if let payload = members["payload"], !payload.isNull {
        problem =
          problem
            ?? """
            access[\(index)].access.payload: The 'payload' constraint is deprecated and should not \
            be used
            """
      }
      if grants.contains(where: { $0.collection.utf8.elementsEqual(collection.utf8) }) {
        problem =
          problem ?? "access[\(index)].access.collection: Collection name should be unique"
      }
      grants.append(CollectionGrant(collection: collection, right: right))
    }
    if let problem { throw .invalid(problem) }
    return .collections(grants)
  }

  private static func valueExists(_ value: JSONElement) throws(TokenFault) -> ValueExists {
    guard let object = value.object else { throw .malformed }
    let members = try Members(object, ["collection", "matches"])
    guard let collection = members["collection"]?.string, let entries = members["matches"]?.array
    else { throw .malformed }
    var matches: [ValueExists.Match] = []
    for entry in entries {
      guard let object = entry.object else { throw .malformed }
      let members = try Members(object, ["key", "value"])
      guard let key = members["key"]?.string.flatMap(PayloadPath.init), let value = members["value"]
      else { throw .malformed }
      matches.append(ValueExists.Match(key: key, value: try Self.matchValue(value)))
    }
    return ValueExists(collection: collection, matches: matches)
  }

  private static func matchValue(_ value: JSONElement) throws(TokenFault) -> MatchValue {
    if let text = value.string { return .string(text) }
    if let number = value.int64 { return .integer(number) }
    if let truth = value.bool { return .bool(truth) }
    throw .malformed
  }

  /// Writes the claims as a token has them.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    if let owner {
      writer.key("sub")
      writer.string(owner)
    }
    if let expiry {
      writer.key("exp")
      writer.integer(expiry)
    }
    writer.key("access")
    switch access {
    case .read: writer.string("r")
    case .manage: writer.string("m")
    case .collections(let grants):
      writer.beginArray()
      for grant in grants {
        writer.beginObject()
        writer.key("collection")
        writer.string(grant.collection)
        writer.key("access")
        writer.string(grant.right.rawValue)
        writer.endObject()
      }
      writer.endArray()
    }
    if let valueExists {
      writer.key("value_exists")
      valueExists.write(to: &writer)
    }
    if let subject {
      writer.key("subject")
      writer.string(subject)
    }
    writer.endObject()
  }
}

extension TokenClaims.ValueExists {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("collection")
    writer.string(collection)
    writer.key("matches")
    writer.beginArray()
    for match in matches {
      writer.beginObject()
      writer.key("key")
      writer.string(match.key.description)
      writer.key("value")
      switch match.value {
      case .string(let text): writer.string(text)
      case .integer(let number): writer.integer(number)
      case .unsigned(let number): writer.integer(number)
      case .bool(let truth): writer.bool(truth)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}

/// The members of an object that are asked for, each there once at most.
private struct Members {
  private var values: [String: JSONElement] = [:]

  /// - Throws: ``TokenFault/malformed`` when one of `names` occurs twice.
  init(_ object: JSONObject, _ names: Set<String>) throws(TokenFault) {
    for (name, value) in object where names.contains(name) {
      guard values.updateValue(value, forKey: name) == nil else { throw .malformed }
    }
  }

  subscript(name: String) -> JSONElement? { values[name] }

  /// A text; `nil` without one.
  func text(_ name: String) throws(TokenFault) -> String? {
    guard let value = values[name], !value.isNull else { return nil }
    guard let text = value.string else { throw .malformed }
    return text
  }
}
