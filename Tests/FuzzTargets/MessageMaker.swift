import ProtoWire
import QdrantGRPC

/// Makes random messages of the kinds that the interface has: every field of every message, with
/// values that are often what is expected.
struct MessageMaker: Sendable {
  static let shared = MessageMaker()

  /// A field by what is written of it.
  private struct Field: Sendable {
    enum Kind: Sendable {
      case scalar(String)
      case enumeration([UInt64])
      case message(String)
    }

    let number: UInt32
    let kind: Kind
    let isMap: Bool
    let isList: Bool
    let choice: String?
  }

  private let messages: [String: [Field]]
  private let requests: [String: String]
  /// The names of all messages.
  let messageNames: [String]

  private init() {
    var messages: [String: [Field]] = [:]
    var requests: [String: String] = [:]
    let packages = SchemaPackage.all
    var enumerations: [String: [UInt64]] = [:]
    for package in packages {
      for enumeration in package.enumerations {
        enumerations["\(package.name).\(enumeration.name)"] = enumeration.cases.map(\.number)
      }
      for message in package.messages { messages["\(package.name).\(message.name)"] = [] }
      for service in package.services {
        for method in service.methods {
          requests["/\(package.name).\(service.name)/\(method.name)"] =
            "\(package.name).\(method.request)"
        }
      }
    }
    for package in packages {
      for message in package.messages {
        messages["\(package.name).\(message.name)"] = message.fields.compactMap { field in
          let type = String(field.type)
          let known = ["\(package.name).\(type)", type]
          var kind = Field.Kind.scalar(type)
          for name in known {
            if let cases = enumerations[name] { kind = .enumeration(cases) }
            if messages[name] != nil { kind = .message(name) }
          }
          var choice: String?
          if case .choice(let name) = field.cardinality { choice = String(name) }
          return Field(
            number: UInt32(field.number), kind: kind, isMap: field.isMap,
            isList: field.cardinality == .list, choice: choice)
        }
      }
    }
    self.messages = messages
    self.requests = requests
    messageNames = messages.keys.sorted()
  }

  /// The message that a call takes; `nil` for a call that the interface does not describe.
  func requestName(of path: String) -> String? { requests[path] }

  /// A random message; every second has few fields, so that not one in thousands is right in all.
  func message(named name: String, _ source: inout FuzzSource) -> [UInt8] {
    var writer = ProtoWriter()
    write(name, &writer, &source, depth: 0, isSparse: source.chance(2))
    return writer.bytes
  }

  /// Changes bytes that may be such a message, at times into another one.
  func alter(_ bytes: inout [UInt8], named name: String, _ source: inout FuzzSource) {
    let other = message(named: name, &source)
    guard var parts = WireParts(bytes[...]), let others = WireParts(other[...]),
      !source.chance(20)
    else {
      bytes = other
      return
    }
    for _ in 0...source.number(below: 3) { parts.alter(from: others, &source) }
    bytes = parts.encoded
  }

  private func write(
    _ name: String, _ writer: inout ProtoWriter, _ source: inout FuzzSource, depth: Int,
    isSparse: Bool
  ) {
    let fields = messages[name] ?? []
    var chosen: Set<String> = []
    for field in fields.shuffled(using: &source) {
      if let choice = field.choice {
        // Now and then more than one of them.
        guard chosen.insert(choice).inserted || source.chance(20) else { continue }
      } else if isSparse ? !source.chance(4) : source.chance(3) {
        continue
      }
      let count = field.isList || field.isMap ? source.number(below: depth < 6 ? 4 : 1) : 1
      if field.isList, case .scalar(let type) = field.kind, type != "string", !source.chance(4) {
        writePacked(field.number, type, count, &writer, &source)
        continue
      }
      for _ in 0..<count {
        if field.isMap {
          let key = source.text()
          writer.message(field.number) { entry in
            entry.string(1, key)
            write(field, as: 2, &entry, &source, depth: depth, isSparse: isSparse)
          }
        } else {
          write(field, as: field.number, &writer, &source, depth: depth, isSparse: isSparse)
        }
      }
    }
  }

  private func write(
    _ field: Field, as number: UInt32, _ writer: inout ProtoWriter, _ source: inout FuzzSource,
    depth: Int, isSparse: Bool
  ) {
    switch field.kind {
    case .message(let name):
      // Some go deeper than is read.
      let end = source.chance(200) ? 120 : 7
      writer.message(number) { inner in
        if depth < end { write(name, &inner, &source, depth: depth + 1, isSparse: isSparse) }
      }
    case .enumeration(let cases):
      let value = source.chance(10) ? source.integer() : cases[source.number(below: cases.count)]
      writer.varint(number, value)
    case .scalar("string"): writer.string(number, source.text())
    case .scalar("float"): writer.float(number, Float(source.double()))
    case .scalar("double"): writer.double(number, source.double())
    case .scalar("bool"): writer.bool(number, source.chance(2))
    case .scalar: writer.varint(number, source.integer())
    }
  }

  private func writePacked(
    _ number: UInt32, _ type: String, _ count: Int, _ writer: inout ProtoWriter,
    _ source: inout FuzzSource
  ) {
    if type == "float" {
      writer.packed(number, (0..<count * 3).map { _ in Float(source.double()) })
    } else {
      writer.packed(number, (0..<count).map { _ in UInt32(truncatingIfNeeded: source.integer()) })
    }
  }
}
