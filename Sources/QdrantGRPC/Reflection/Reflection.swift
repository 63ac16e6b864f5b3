import ProtoWire
import QdrantAPI

/// Tells clients which services, methods and messages there are: gRPC's server reflection.
///
/// Protocol: <https://github.com/grpc/grpc/blob/master/doc/server-reflection.md>.
struct Reflection: Sendable {
  /// The services that speak this protocol, under both names that it has.
  static let services = [
    "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
  ]

  private let services: [String]
  /// Descriptions by the names of their files.
  private let files: [String: [UInt8]]
  /// The files by the names of what is in them.
  private let fileNames: [String: String]

  /// What the text of the schema describes.
  init() {
    let packages = SchemaPackage.all
    var services: [String] = []
    var files: [String: [UInt8]] = [:]
    var fileNames: [String: String] = [:]
    for (index, package) in packages.enumerated() {
      let file = FileDescriptor(package, dependingOn: Array(packages[..<index]))
      files[file.name] = file.bytes
      var symbols = package.messages.map(\.name) + package.enumerations.map(\.name)
      for service in package.services {
        let name = "\(package.name).\(service.name)"
        // What is asked with describes itself, and is no part of what is offered.
        if !Self.services.contains(name) { services.append(name) }
        symbols.append(service.name)
        symbols += service.methods.map { "\(service.name).\($0.name)" }
      }
      for symbol in symbols { fileNames["\(package.name).\(symbol)"] = file.name }
    }
    self.services = services
    self.files = files
    self.fileNames = fileNames
  }

  /// Answers one request of a conversation.
  func answer(_ request: ProtoMessage) throws(DecodingFault) -> ProtoWriter {
    var writer = ProtoWriter()
    var kind: MessageField?
    var host = ""
    try request.read { field throws(DecodingFault) in
      if field.number == 1 { host = try field.string() }
      if (3...7).contains(field.number) { kind = field }
    }
    writer.string(1, host)
    writer.message(2) { $0.append(request) }
    switch kind?.number {
    case 3: writer.file(files[try kind?.string() ?? ""])
    case 4: writer.file(fileNames[try kind?.string() ?? ""].flatMap { files[$0] })
    case 7:
      writer.message(6) { list in
        for service in services { list.message(1) { $0.string(1, service) } }
      }
    default: writer.error(12, "not supported")
    }
    return writer
  }
}

extension ProtoWriter {
  /// Writes the description of a file, or that there is none.
  fileprivate mutating func file(_ bytes: [UInt8]?) {
    guard let bytes else { return error(5, "not found") }
    message(4) { response in bytes.withUnsafeBytes { response.bytes(1, $0) } }
  }

  fileprivate mutating func error(_ code: UInt64, _ text: String) {
    message(7) { error in
      error.varint(1, code)
      error.string(2, text)
    }
  }
}
