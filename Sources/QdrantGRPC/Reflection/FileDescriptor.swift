import ProtoWire

/// The description of a package as Protocol Buffers describe themselves: a `FileDescriptorProto`.
struct FileDescriptor {
  let name: String
  /// The message, encoded.
  let bytes: [UInt8]

  /// - Parameter known: the packages that this one may refer to.
  init(_ package: SchemaPackage, dependingOn known: [SchemaPackage]) {
    name = Self.name(of: package)
    let types = TypeNames(package, known)
    var writer = ProtoWriter()
    writer.string(1, name)
    writer.string(2, package.name)
    for dependency in types.referred(by: package) { writer.string(3, Self.name(of: dependency)) }
    for message in package.messages where !message.name.contains(".") {
      writer.message(4) { $0.descriptor(of: message, in: package, types) }
    }
    for enumeration in package.enumerations where !enumeration.name.contains(".") {
      writer.message(5) { $0.descriptor(of: enumeration) }
    }
    for service in package.services {
      writer.message(6) { $0.descriptor(of: service, types) }
    }
    writer.string(12, "proto3")
    bytes = writer.bytes
  }

  /// The one of Google's own is known to clients by this name.
  private static func name(of package: SchemaPackage) -> String {
    package.name == "google.protobuf" ? "google/protobuf/timestamp.proto" : "\(package.name).proto"
  }
}

/// What types are called across packages.
private struct TypeNames {
  private let package: SchemaPackage
  private let known: [SchemaPackage]
  private let enumerations: Set<Substring>

  private static let scalars: [Substring: UInt64] = [
    "double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "string": 9,
    "bytes": 12, "uint32": 13,
  ]

  init(_ package: SchemaPackage, _ known: [SchemaPackage]) {
    self.package = package
    self.known = known
    enumerations = Set(package.enumerations.map(\.name))
  }

  func number(of type: Substring) -> UInt64 {
    Self.scalars[type] ?? (enumerations.contains(type) ? 14 : 11)
  }

  /// The full name of a message or an enumeration; `nil` for a scalar.
  func fullName(of type: Substring) -> String? {
    if Self.scalars[type] != nil { return nil }
    let isForeign = known.contains { type.hasPrefix($0.name + ".") }
    return isForeign ? ".\(type)" : ".\(package.name).\(type)"
  }

  func referred(by package: SchemaPackage) -> [SchemaPackage] {
    known.filter { other in
      package.messages.contains { message in
        message.fields.contains { $0.type.hasPrefix(other.name + ".") }
      }
    }
  }
}

extension ProtoWriter {
  fileprivate mutating func descriptor(
    of message: SchemaPackage.Message, in package: SchemaPackage, _ types: TypeNames
  ) {
    string(1, Self.lastName(message.name))
    var choices: [Substring] = []
    for case .choice(let name) in message.fields.map(\.cardinality) where !choices.contains(name) {
      choices.append(name)
    }
    var groups = choices.map(String.init)
    for field in message.fields {
      var group: Int?
      switch field.cardinality {
      case .choice(let name): group = choices.firstIndex(of: name)
      case .optional:
        // A field that tells whether it is there is the only one of a choice of its own.
        group = groups.count
        groups.append("_\(field.name)")
      case .plain, .list: break
      }
      self.message(2) { $0.descriptor(of: field, in: message, group, types) }
    }
    for field in message.fields where field.isMap {
      self.message(3) { $0.entryDescriptor(of: field, types) }
    }
    let prefix = message.name + "."
    for nested in package.messages where nested.name.isDirectly(below: prefix) {
      self.message(3) { $0.descriptor(of: nested, in: package, types) }
    }
    for nested in package.enumerations where nested.name.isDirectly(below: prefix) {
      self.message(4) { $0.descriptor(of: nested) }
    }
    for group in groups { self.message(8) { $0.string(1, group) } }
  }

  private mutating func descriptor(
    of field: SchemaPackage.Field, in message: SchemaPackage.Message, _ group: Int?,
    _ types: TypeNames
  ) {
    string(1, field.name)
    varint(3, field.number)
    varint(4, field.isMap || field.cardinality == .list ? 3 as UInt64 : 1)
    if field.isMap {
      varint(5, 11 as UInt64)
      let owner = types.fullName(of: message.name) ?? ""
      string(6, "\(owner).\(Self.entryName(of: field))")
    } else {
      varint(5, types.number(of: field.type))
      if let name = types.fullName(of: field.type) { string(6, name) }
    }
    if let group { varint(9, UInt64(group)) }
    if field.cardinality == .optional { bool(17, true) }
  }

  /// The message that the entries of a map are.
  private mutating func entryDescriptor(of field: SchemaPackage.Field, _ types: TypeNames) {
    string(1, Self.entryName(of: field))
    for (name, number, type) in [("key", 1 as UInt64, "string"), ("value", 2, field.type)] {
      message(2) { entry in
        entry.string(1, name)
        entry.varint(3, number)
        entry.varint(4, 1 as UInt64)
        entry.varint(5, types.number(of: type))
        if let name = types.fullName(of: type) { entry.string(6, name) }
      }
    }
    message(7) { $0.bool(7, true) }
  }

  fileprivate mutating func descriptor(of enumeration: SchemaPackage.Enumeration) {
    string(1, Self.lastName(enumeration.name))
    for (number, name) in enumeration.cases {
      message(2) { entry in
        entry.string(1, String(name))
        entry.varint(2, number)
      }
    }
  }

  fileprivate mutating func descriptor(of service: SchemaPackage.Service, _ types: TypeNames) {
    string(1, String(service.name))
    for method in service.methods {
      message(2) { entry in
        entry.string(1, String(method.name))
        entry.string(2, types.fullName(of: method.request) ?? "")
        entry.string(3, types.fullName(of: method.answer) ?? "")
        if method.streams.requests { entry.bool(5, true) }
        if method.streams.answers { entry.bool(6, true) }
      }
    }
  }

  private static func lastName(_ name: Substring) -> String {
    String(name.split(separator: ".").last ?? name)
  }

  /// As the compiler of the language names it: `some_map` has entries `SomeMapEntry`.
  private static func entryName(of field: SchemaPackage.Field) -> String {
    field.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
      + "Entry"
  }
}

extension Substring {
  /// Whether this is the name of something right within what `prefix` names.
  fileprivate func isDirectly(below prefix: Substring) -> Bool {
    hasPrefix(prefix) && !dropFirst(prefix.count).contains(".")
  }
}
