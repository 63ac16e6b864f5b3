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

  static func decode(_ body: FieldReader) throws(DecodingFault) -> SnapshotRecovery {
    let location = try body.required("location") { field throws(DecodingFault) in
      try field.string()
    }
    let checksum = try body.optional("checksum") { field throws(DecodingFault) in
      try field.string()
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
