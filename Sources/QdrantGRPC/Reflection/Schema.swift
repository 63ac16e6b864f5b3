/// The messages, enumerations and services of one package, as the text `qdrant.schema` has them.
package struct SchemaPackage {
  /// A field of a message.
  package struct Field {
    /// The field's number on the wire.
    package let number: UInt64
    let name: String
    /// A scalar, or the name of a message or an enumeration.
    package let type: Substring
    /// Whether it is a map from strings to the type.
    package let isMap: Bool
    /// How often it may be there.
    package let cardinality: Cardinality
  }

  /// How often a field may be there.
  package enum Cardinality: Equatable {
    /// Once, and what it is by default where it is missing.
    case plain
    /// Whether it is there is told.
    case optional
    /// As often as one likes.
    case list
    /// At most one of the fields with this name is there.
    case choice(Substring)
  }

  /// A message by its fields.
  package struct Message {
    /// As the package has it.
    package let name: Substring
    /// In the order of the text.
    package let fields: [Field]
  }

  /// An enumeration by its cases.
  package struct Enumeration {
    /// As the package has it.
    package let name: Substring
    /// In the order of the text.
    package let cases: [(number: UInt64, name: Substring)]
  }

  /// A service by its calls.
  package struct Service {
    /// As the package has it.
    package let name: Substring
    /// In the order of the text.
    package let methods: [Method]
  }

  /// A call of a service.
  package struct Method {
    /// As the service has it.
    package let name: Substring
    /// The message that is asked with.
    package let request: Substring
    /// The message that is answered with.
    package let answer: Substring
    /// Whether there may be many requests, and many answers.
    package let streams: (requests: Bool, answers: Bool)

    /// Messages that there may be many of are followed by `*`.
    fileprivate init(_ name: Substring, _ request: Substring, _ answer: Substring) {
      self.name = name
      streams = (request.hasSuffix("*"), answer.hasSuffix("*"))
      self.request = streams.requests ? request.dropLast() : request
      self.answer = streams.answers ? answer.dropLast() : answer
    }
  }

  /// As the text has it.
  package let name: String
  /// In the order of the text.
  package private(set) var messages: [Message] = []
  /// In the order of the text.
  package private(set) var enumerations: [Enumeration] = []
  /// In the order of the text.
  package private(set) var services: [Service] = []

  /// The packages of the interface that the server has.
  package static var all: [SchemaPackage] {
    packages(of: String(decoding: PackageResources.qdrant_schema, as: UTF8.self))
  }

  /// All packages of a text. What is not understood is left out: the text is part of the program.
  static func packages(of text: String) -> [SchemaPackage] {
    var packages: [SchemaPackage] = []
    for line in joined(text.split(separator: "\n")) {
      let (head, rest) = line.divided(at: ":")
      let words = head.split(separator: " ")
      guard words.count == 2 else { continue }
      if words[0] == "package" {
        packages.append(SchemaPackage(name: String(words[1])))
      } else if !packages.isEmpty {
        packages[packages.count - 1].add(
          words[0], words[1], rest.split(separator: ",").map { $0.split(separator: " ") })
      }
    }
    return packages
  }

  /// Lines, each with those that go on with it.
  private static func joined(_ lines: [Substring]) -> [String] {
    var joined: [String] = []
    for line in lines where !line.hasPrefix("#") {
      if line.hasPrefix(" "), !joined.isEmpty {
        joined[joined.count - 1] += line
      } else {
        joined.append(String(line))
      }
    }
    return joined
  }

  private mutating func add(_ kind: Substring, _ name: Substring, _ members: [[Substring]]) {
    switch kind {
    case "message":
      messages.append(Message(name: name, fields: members.compactMap(Self.field)))
    case "enum":
      enumerations.append(
        Enumeration(
          name: name,
          cases: members.compactMap { words in
            guard words.count == 2, let number = UInt64(words[0]) else { return nil }
            return (number, words[1])
          }))
    case "service":
      services.append(
        Service(
          name: name,
          methods: members.compactMap { words in
            words.count == 3 ? Method(words[0], words[1], words[2]) : nil
          }))
    default: break
    }
  }

  private static func field(_ words: [Substring]) -> Field? {
    guard words.count >= 3, let number = UInt64(words[0]), let last = words.last else { return nil }
    var type = last
    var cardinality = Cardinality.plain
    if type.hasSuffix("?") {
      cardinality = .optional
      type.removeLast()
    } else if type.hasSuffix("*") {
      cardinality = .list
      type.removeLast()
    } else if type.contains("|") {
      let (before, behind) = type.divided(at: "|")
      (type, cardinality) = (before, .choice(behind))
    }
    return Field(
      number: number, name: String(words[1]), type: type, isMap: words[2] == "map",
      cardinality: cardinality)
  }
}

extension StringProtocol where SubSequence == Substring {
  /// What is before the first `separator`, and what is behind it; all and nothing without one.
  fileprivate func divided(at separator: Character) -> (Substring, Substring) {
    guard let place = firstIndex(of: separator) else { return (self[...], self[endIndex...]) }
    return (self[..<place], self[index(after: place)...])
  }
}
