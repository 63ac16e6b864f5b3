import ProtoWire
import QdrantGRPC

/// Messages of Protocol Buffers, and the requests that are made of them.
extension FuzzTarget {
  /// The wire format by itself: everything is asked of every field, whatever it is.
  static let wire = FuzzTarget(
    name: "wire",
    example: { source in
      let names = MessageMaker.shared.messageNames
      return MessageMaker.shared.message(named: names[source.number(below: names.count)], &source)
    },
    alter: { bytes, source in
      let names = MessageMaker.shared.messageNames
      let name = names[source.number(below: names.count)]
      MessageMaker.shared.alter(&bytes, named: name, &source)
    },
    read: { Self.visit(ProtoMessage($0)) })

  /// The requests of each call, by its name.
  static let requests: [FuzzTarget] = {
    let readers = RequestReaders()
    return readers.paths.compactMap { path in
      guard let request = MessageMaker.shared.requestName(of: path) else { return nil }
      return FuzzTarget(
        name: String(path.dropFirst()),
        example: { MessageMaker.shared.message(named: request, &$0) },
        alter: { MessageMaker.shared.alter(&$0, named: request, &$1) },
        read: { readers.reads($0, of: path) })
    }
  }()

  private static func visit(_ message: ProtoMessage) -> Bool {
    var floats: [Float] = []
    var numbers: [UInt32] = []
    var signed: [Int64] = []
    var isWhole = true
    do throws(ProtoError) {
      try message.forEachField { field in
        _ = try? field.int64()
        _ = try? field.bool()
        _ = try? field.float()
        _ = try? field.double()
        _ = try? field.string()
        try? field.append(to: &floats)
        try? field.append(to: &numbers)
        try? field.append(to: &signed)
        // Floats are no messages: most of them would be taken for one after the other.
        if let inner = try? field.message(), floats.isEmpty { isWhole = visit(inner) && isWhole }
        floats = []
      }
      return isWhole
    } catch {
      return false
    }
  }
}
