public import FastJSON

extension PayloadSchema {
  /// Writes the stored form: an object of fields by path.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    for (path, schema) in fields {
      writer.key(path.description)
      schema.write(to: &writer)
    }
    writer.endObject()
  }

  /// Reads what ``write(to:)`` has written.
  ///
  /// - Throws: `StoredConfigError` when a field is not one.
  public init(storedJSON: JSONValue) throws(StoredConfigError) {
    self.init()
    guard case .object(let fields) = storedJSON else {
      throw StoredConfigError("payload_schema: expected an object")
    }
    for (name, value) in fields {
      guard let path = PayloadPath(name), let schema = PayloadFieldSchema(storedJSON: value) else {
        throw StoredConfigError("payload_schema.\(name): expected an indexed field")
      }
      self[path] = schema
    }
  }
}

extension PayloadFieldSchema {
  /// Writes a type's name, or an object of parameters.
  public func write(to writer: inout JSONWriter) {
    if isTypeOnly {
      writer.string(params.type.rawValue)
    } else {
      JSONValue.object(params.json).write(to: &writer)
    }
  }

  /// Reads either form; `nil` when it is neither.
  public init?(storedJSON: JSONValue) {
    switch storedJSON {
    case .string(let name):
      guard let type = PayloadIndexType(rawValue: name) else { return nil }
      self.init(type: type)
    case .object(let members):
      guard let params = PayloadIndexParams(json: members) else { return nil }
      self.init(params)
    case .null, .bool, .integer, .unsigned, .double, .array: return nil
    }
  }
}

extension PayloadIndexParams {
  /// The parameters in wire form, only those that were set; some types show unset ones as `null`,
  /// as Qdrant does.
  public var json: JSONObjectValue {
    var json = JSONObjectValue()
    json["type"] = .string(type.rawValue)
    switch self {
    case .keyword(let params):
      json["is_tenant"] = params.isTenant.map { .bool($0) }
      params.placement.add(to: &json)
      json["prefix"] = params.prefix.map { .bool($0) }
    case .integer(let params):
      json["lookup"] = params.lookup.map { .bool($0) } ?? .null
      json["range"] = params.range.map { .bool($0) } ?? .null
      json["is_principal"] = params.isPrincipal.map { .bool($0) } ?? .null
      params.placement.add(to: &json)
    case .float(let params):
      json["is_principal"] = params.isPrincipal.map { .bool($0) } ?? .null
      params.placement.add(to: &json)
    case .datetime(let params):
      json["is_principal"] = params.isPrincipal.map { .bool($0) } ?? .null
      params.placement.add(to: &json)
    case .uuid(let params):
      json["is_tenant"] = params.isTenant.map { .bool($0) }
      params.placement.add(to: &json)
    case .geo(let params): params.placement.add(to: &json)
    case .bool(let params): params.placement.add(to: &json)
    case .text(let params): params.add(to: &json)
    }
    return json
  }

  /// Reads ``json``; `nil` when it is something else.
  public init?(json: JSONObjectValue) {
    guard case .string(let name)? = json["type"], let type = PayloadIndexType(rawValue: name) else {
      return nil
    }
    let placement = IndexPlacement(json: json)
    switch type {
    case .keyword:
      self = .keyword(
        KeywordIndexParams(
          isTenant: json.bool("is_tenant"), prefix: json.bool("prefix"), placement: placement))
    case .integer:
      self = .integer(
        IntegerIndexParams(
          lookup: json.bool("lookup"), range: json.bool("range"),
          isPrincipal: json.bool("is_principal"), placement: placement))
    case .float:
      self = .float(
        FloatIndexParams(isPrincipal: json.bool("is_principal"), placement: placement))
    case .datetime:
      self = .datetime(
        DatetimeIndexParams(isPrincipal: json.bool("is_principal"), placement: placement))
    case .uuid:
      self = .uuid(UUIDIndexParams(isTenant: json.bool("is_tenant"), placement: placement))
    case .geo: self = .geo(GeoIndexParams(placement: placement))
    case .bool: self = .bool(BoolIndexParams(placement: placement))
    case .text: self = .text(TextIndexParams(json: json, placement: placement))
    }
  }
}

extension IndexPlacement {
  fileprivate func add(to json: inout JSONObjectValue) {
    json["on_disk"] = onDisk.map { .bool($0) }
    json["memory"] = memory.map { .string($0.rawValue) }
    json["enable_hnsw"] = enableHNSW.map { .bool($0) }
  }

  fileprivate init(json: JSONObjectValue) {
    self.init(
      onDisk: json.bool("on_disk"), memory: json.string("memory").flatMap(Memory.init),
      enableHNSW: json.bool("enable_hnsw"))
  }
}

extension TextIndexParams {
  fileprivate func add(to json: inout JSONObjectValue) {
    json["tokenizer"] = .string(tokenizer.rawValue)
    json["min_token_len"] = minTokenLength.map { .integer(Int64($0)) }
    json["max_token_len"] = maxTokenLength.map { .integer(Int64($0)) }
    json["lowercase"] = lowercase.map { .bool($0) }
    json["ascii_folding"] = asciiFolding.map { .bool($0) }
    json["phrase_matching"] = phraseMatching.map { .bool($0) }
    json["stopwords"] = stopwords?.json
    json["on_disk"] = placement.onDisk.map { .bool($0) }
    json["memory"] = placement.memory.map { .string($0.rawValue) }
    json["stemmer"] = stemmer?.json
    json["enable_hnsw"] = placement.enableHNSW.map { .bool($0) }
  }

  fileprivate init(json: JSONObjectValue, placement: IndexPlacement) {
    self.init(
      tokenizer: json.string("tokenizer").flatMap(Tokenizer.init) ?? .word,
      minTokenLength: json.integer("min_token_len"), maxTokenLength: json.integer("max_token_len"),
      lowercase: json.bool("lowercase"), asciiFolding: json.bool("ascii_folding"),
      phraseMatching: json.bool("phrase_matching"),
      stopwords: json["stopwords"].flatMap { Stopwords(json: $0) },
      stemmer: json["stemmer"].flatMap { Stemmer(json: $0) }, placement: placement)
  }
}

extension Stopwords {
  fileprivate var json: JSONValue {
    switch self {
    case .language(let language): return .string(language.rawValue)
    case .set(let languages, let custom):
      var json = JSONObjectValue()
      json["languages"] = languages.map { .array($0.map { .string($0.rawValue) }) }
      json["custom"] = custom.map { .array($0.map { .string($0) }) }
      return .object(json)
    }
  }

  fileprivate init?(json: JSONValue) {
    switch json {
    case .string(let name):
      guard let language = StopwordLanguage(rawValue: name) else { return nil }
      self = .language(language)
    case .object(let members):
      self = .set(
        languages: members.strings("languages")?.compactMap { StopwordLanguage(rawValue: $0) },
        custom: members.strings("custom"))
    case .null, .bool, .integer, .unsigned, .double, .array: return nil
    }
  }
}

extension Stemmer {
  fileprivate var json: JSONValue {
    switch self {
    case .snowball(let language):
      .object(["type": .string("snowball"), "language": .string(language.rawValue)])
    case .none: .object(["type": .string("none")])
    }
  }

  fileprivate init?(json: JSONValue) {
    guard case .object(let members) = json else { return nil }
    switch members.string("type") {
    case "none": self = .none
    case "snowball":
      guard let language = members.string("language").flatMap(SnowballLanguage.init(rawValue:))
      else {
        return nil
      }
      self = .snowball(language)
    default: return nil
    }
  }
}

extension JSONObjectValue {
  fileprivate func bool(_ key: String) -> Bool? {
    if case .bool(let value)? = self[key] { return value }
    return nil
  }

  fileprivate func string(_ key: String) -> String? {
    if case .string(let value)? = self[key] { return value }
    return nil
  }

  fileprivate func integer(_ key: String) -> Int? {
    if case .integer(let value)? = self[key] { return Int(exactly: value) }
    return nil
  }

  fileprivate func strings(_ key: String) -> [String]? {
    guard case .array(let values)? = self[key] else { return nil }
    return values.compactMap { value in
      if case .string(let string) = value { string } else { nil }
    }
  }
}
