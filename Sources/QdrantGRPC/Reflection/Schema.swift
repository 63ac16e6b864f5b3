/// The messages, enumerations and services of one package, as the text `qdrant.schema` has them.
struct SchemaPackage {
  /// A field of a message.
  struct Field {
    let number: UInt64
    let name: String
    let type: Substring
    let isMap: Bool
    let cardinality: Cardinality
  }

  /// How often a field may be there.
  enum Cardinality: Equatable {
    case plain
    /// Whether it is there is told.
    case optional
    case list
    /// At most one of the fields with this name is there.
    case choice(Substring)
  }

  struct Message {
    let name: Substring
    let fields: [Field]
  }

  struct Enumeration {
    let name: Substring
    let cases: [(number: UInt64, name: Substring)]
  }

  struct Service {
    let name: Substring
    let methods: [(name: Substring, request: Substring, answer: Substring)]
  }

  let name: String
  var messages: [Message] = []
  var enumerations: [Enumeration] = []
  var services: [Service] = []

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
            words.count == 3 ? (words[0], words[1], words[2]) : nil
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
