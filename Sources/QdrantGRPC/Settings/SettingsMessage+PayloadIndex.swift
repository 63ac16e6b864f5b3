/// The messages that say how a field of payloads is indexed.
extension SettingsMessage {
  /// The parameters of an index, whose kind is their `type`.
  static let payloadIndexParams = SettingsMessage(
    .tagged,
    [
      Field(1, "text", .message { textIndexParams }),
      Field(2, "integer", .message { integerIndexParams }),
      Field(3, "keyword", .message { keywordIndexParams }),
      Field(4, "float", .message { principalIndexParams }),
      Field(5, "geo", .message { plainIndexParams }),
      Field(6, "bool", .message { plainIndexParams }),
      Field(7, "datetime", .message { principalIndexParams }),
      Field(8, "uuid", .message { uuidIndexParams }),
    ])

  /// What a description of a collection tells of an index.
  static let payloadIndexInfo = SettingsMessage([
    Field(1, "data_type", .choice([""] + payloadIndexTypes)),
    Field(2, "params", .message { payloadIndexParams }),
    Field(3, "points", .unsigned),
  ])

  /// The kinds of indexes, in the order of the protocol.
  static let payloadIndexTypes = [
    "keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid",
  ]

  private static let keywordIndexParams = SettingsMessage([
    Field(1, "is_tenant", .bool),
    Field(2, "on_disk", .bool),
    Field(3, "enable_hnsw", .bool),
    Field(4, "prefix", .flag),
    Field(5, "memory", .choice(memories)),
  ])

  private static let integerIndexParams = SettingsMessage([
    Field(1, "lookup", .bool),
    Field(2, "range", .bool),
    Field(3, "is_principal", .bool),
    Field(4, "on_disk", .bool),
    Field(5, "enable_hnsw", .bool),
    Field(6, "memory", .choice(memories)),
  ])

  /// Those of floats and of datetimes.
  private static let principalIndexParams = SettingsMessage([
    Field(1, "on_disk", .bool),
    Field(2, "is_principal", .bool),
    Field(3, "enable_hnsw", .bool),
    Field(4, "memory", .choice(memories)),
  ])

  /// Those of places and of truth values.
  private static let plainIndexParams = SettingsMessage([
    Field(1, "on_disk", .bool),
    Field(2, "enable_hnsw", .bool),
    Field(3, "memory", .choice(memories)),
  ])

  private static let uuidIndexParams = SettingsMessage([
    Field(1, "is_tenant", .bool),
    Field(2, "on_disk", .bool),
    Field(3, "enable_hnsw", .bool),
    Field(4, "memory", .choice(memories)),
  ])

  private static let textIndexParams = SettingsMessage([
    Field(1, "tokenizer", .choice(["", "prefix", "whitespace", "word", "multilingual"])),
    Field(2, "lowercase", .bool),
    Field(3, "min_token_len", .unsigned),
    Field(4, "max_token_len", .unsigned),
    Field(5, "on_disk", .bool),
    Field(6, "stopwords", .message { stopwordsSet }),
    Field(7, "phrase_matching", .bool),
    Field(8, "stemmer", .message { stemmer }),
    Field(9, "ascii_folding", .bool),
    Field(10, "enable_hnsw", .bool),
    Field(11, "memory", .choice(memories)),
  ])

  private static let stopwordsSet = SettingsMessage([
    Field(1, "languages", .strings),
    Field(2, "custom", .strings),
  ])

  private static let stemmer = SettingsMessage(
    .tagged,
    [
      Field(1, "snowball", .message { SettingsMessage([Field(1, "language", .string)]) }),
      Field(2, "none", .message { SettingsMessage([]) }),
    ])
}
