#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A YAML configuration as dotted names and what stands there.
struct SettingsFile {
  /// What stands at a name.
  enum Value: Equatable {
    /// A scalar as it is written.
    case text(String)
    /// No value, or a section without members, as a commented-out one leaves behind.
    case nothing
    case list
  }

  /// The values in the order of the file.
  private(set) var values: [(name: String, value: Value)] = []
  private let path: String
  /// Values that may still be looked at.
  private var budget = valuesMax

  /// Levels of a configuration: far more than settings have. An alias that holds itself ends here.
  private static let depthMax = 16
  /// Values of a configuration, keys too. Aliases repeat what they stand for, so a short text can
  /// hold more than there is memory for.
  private static let valuesMax = 10_000
  /// Bytes of a configuration: far more than anyone writes by hand.
  private static let bytesMax = 1 << 20

  /// Takes `text` apart: `service: {http_port: 6333}` becomes `service.http_port` = `6333`.
  ///
  /// - Parameter path: what the file is called, for the error.
  init(_ text: String, path: String) throws(SettingsError) {
    self.path = path
    let document: YAMLDocument
    do throws(YAMLDocument.Problem) {
      document = try YAMLDocument(parsing: text)
    } catch {
      throw failure(error.text)
    }
    guard let root = document.root, !root.isNull else { return }
    guard root.members != nil else { throw failure("the top level must be a mapping") }
    try collect(root, under: "", depth: 0)
  }

  /// Where a file is that may be named without its extension.
  static func place(of name: String) -> String {
    if access(name, F_OK) == 0 { return name }
    return [".yaml", ".yml", ".json"].lazy.map { name + $0 }.first { access($0, F_OK) == 0 } ?? name
  }

  /// The text of a file.
  static func read(_ path: String) throws(SettingsError) -> String {
    do throws(TextFile.Failure) {
      return try TextFile.read(path, maximumBytes: bytesMax)
    } catch {
      throw SettingsError(["the configuration file \(path) \(error.reason)"])
    }
  }

  private func failure(_ reason: String) -> SettingsError {
    SettingsError(["cannot read the configuration file \(path): \(reason)"])
  }

  private mutating func collect(
    _ value: YAMLDocument.Value, under name: String, depth: Int
  ) throws(SettingsError) {
    guard depth <= Self.depthMax else { throw failure("it is nested too deeply") }
    if value.members != nil {
      let count = values.count
      var steps: Set<String> = []
      try collectMembers(of: value, under: name, depth: depth, steps: &steps)
      if values.count == count, !name.isEmpty { values.append((name, .nothing)) }
      return
    }
    guard budget > 0 else { throw failure("it holds too many values") }
    budget -= 1
    if value.isNull {
      values.append((name, .nothing))
    } else if let text = value.scalar {
      values.append((name, .text(text)))
    } else {
      values.append((name, .list))
    }
  }

  /// The members of a mapping, and of those that it merges in by `<<`, which yield to its own.
  private mutating func collectMembers(
    of mapping: YAMLDocument.Value, under name: String, depth: Int, steps: inout Set<String>
  ) throws(SettingsError) {
    var merged: [YAMLDocument.Value] = []
    var own: Set<String> = []
    for (key, value) in mapping.members ?? [] {
      guard budget > 0 else { throw failure("it holds too many values") }
      budget -= 1
      let step = key.scalar ?? ""
      guard own.insert(step).inserted else { throw failure("`\(step)` is there twice") }
      if step == "<<" {
        merged += value.elements ?? [value]
      } else if steps.insert(step).inserted {
        let inner = name.isEmpty ? step : "\(name).\(step)"
        try collect(value, under: inner, depth: depth + 1)
      }
    }
    for value in merged {
      guard depth < Self.depthMax else { throw failure("it is nested too deeply") }
      guard value.members != nil else { throw failure("`<<` takes mappings only") }
      try collectMembers(of: value, under: name, depth: depth + 1, steps: &steps)
    }
  }
}

/// Small text files that a program is configured with.
enum TextFile {
  /// Why a file was not read, as the rest of a sentence about it.
  struct Failure: Error {
    let reason: String
  }

  /// The whole text, of at most `maximumBytes`.
  static func read(_ path: String, maximumBytes: Int) throws(Failure) -> String {
    let bytes = try contents(of: path, maximumBytes: maximumBytes)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(reason: "is not UTF-8")
    }
    return text
  }

  /// The same before it is known to be text.
  static func contents(of path: String, maximumBytes: Int) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(reason: "cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= maximumBytes {
      let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else {
        throw Failure(reason: "cannot be read: \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    guard bytes.count <= maximumBytes else {
      throw Failure(reason: "has more than \(maximumBytes) bytes")
    }
    return bytes
  }
}

private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(file, bytes, count)
}
