/// What `PUT /collections/{name}/snapshots/recover` asks for.
public struct SnapshotRecovery: Sendable, Equatable {
  /// Where the snapshot is: a `file://` or `http://` address.
  public var location: String
  /// The SHA-256 that it must have, in hex.
  public var checksum: String?
  /// The key to send to the server that has it.
  public var apiKey: String?

  /// What may decide between replicas; all mean the same to a single server.
  public static let priorities: Set<String> = ["no_sync", "snapshot", "replica"]

  /// What is wrong with a checksum, which has to be a SHA-256 in hex; `nil` if nothing is.
  public static func fault(inChecksum text: String) -> String? {
    guard text.utf8.count == 64 else {
      let lengths = "{\"expected_length\": Number(64), \"length\": Number(\(text.utf8.count))}"
      return "Validation error: invalid_sha256_hash [\(lengths)]"
    }
    let isHex = text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
    return isHex ? nil : "invalid characters, expected 0-9, a-f, A-F"
  }

  static func decode(_ body: FieldReader) throws(DecodingFault) -> SnapshotRecovery {
    let location = try body.required("location") { field throws(DecodingFault) in
      try field.string()
    }
    let checksum = try body.optional("checksum") { field throws(DecodingFault) in
      let checksum = try field.string()
      if let fault = fault(inChecksum: checksum) { throw .validation(fault) }
      return checksum
    }
    let apiKey = try body.optional("api_key") { field throws(DecodingFault) in
      try field.string()
    }
    _ = try body.optional("priority") { field throws(DecodingFault) in
      let priority = try field.string()
      guard priorities.contains(priority) else {
        throw .format(
          "unknown variant `\(priority)`, expected one of `no_sync`, `snapshot`, `replica`")
      }
    }
    return SnapshotRecovery(location: location, checksum: checksum, apiKey: apiKey)
  }
}

/// What `POST …/snapshot/partial/recover_from` asks for: another server, and the key to send to it.
public struct PeerRecovery: Sendable, Equatable {
  /// The address of the other server's interface.
  public var peer: String
  /// The key to send to it.
  public var apiKey: String?

  static func decode(_ body: FieldReader) throws(DecodingFault) -> PeerRecovery {
    PeerRecovery(
      peer: try body.required("peer_url") { field throws(DecodingFault) in try field.string() },
      apiKey: try body.optional("api_key") { field throws(DecodingFault) in try field.string() })
  }
}
