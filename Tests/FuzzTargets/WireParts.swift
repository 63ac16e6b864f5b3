/// A message in parts, without knowing its kind: whatever reads as a message is taken for one. What
/// is changed inside of it leaves the lengths around it right.
struct WireParts {
  private enum Content {
    case varint([UInt8])
    case fixed([UInt8])
    case text([UInt8])
    case message(WireParts)
  }

  private struct Part {
    let key: UInt64
    var content: Content
  }

  private var parts: [Part] = []

  private static let depthMax = 12

  /// `nil` for bytes that are no message.
  init?(_ bytes: ArraySlice<UInt8>, depth: Int = 0) {
    var rest = bytes
    while !rest.isEmpty {
      guard let key = Self.takeVarint(&rest), key >= 8 else { return nil }
      let start = rest
      switch key & 7 {
      case 0:
        guard Self.takeVarint(&rest) != nil else { return nil }
        parts.append(Part(key: key, content: .varint(Array(start.prefix(upTo: rest.startIndex)))))
      case 1, 5:
        let count = key & 7 == 1 ? 8 : 4
        guard rest.count >= count else { return nil }
        parts.append(Part(key: key, content: .fixed(Array(rest.prefix(count)))))
        rest = rest.dropFirst(count)
      case 2:
        guard let length = Self.takeVarint(&rest), length <= UInt64(rest.count) else { return nil }
        let body = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        if depth < Self.depthMax, !body.isEmpty, let inner = WireParts(body, depth: depth + 1) {
          parts.append(Part(key: key, content: .message(inner)))
        } else {
          parts.append(Part(key: key, content: .text(Array(body))))
        }
      default: return nil
      }
    }
  }

  /// Adds, takes away, exchanges or breaks a part at any depth.
  ///
  /// - Parameter other: what parts may come from.
  mutating func alter(from other: WireParts, _ source: inout FuzzSource) {
    guard let place = parts.indices.randomElement(using: &source) else {
      parts = other.parts
      return
    }
    if case .message(var inner) = parts[place].content, !source.chance(4) {
      inner.alter(from: source.chance(3) ? other : other.inner(&source), &source)
      parts[place].content = .message(inner)
      return
    }
    switch source.number(below: 6) {
    case 0: parts.remove(at: place)
    case 1: parts.insert(parts[place], at: source.number(below: parts.count))
    case 2: parts.swapAt(place, source.number(below: parts.count))
    case 3, 4:
      guard let taken = other.parts.randomElement(using: &source) else { return }
      if source.chance(2) { parts[place] = taken } else { parts.insert(taken, at: place) }
    default: Self.breakContent(&parts[place].content, &source)
    }
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for part in parts {
      Self.append(part.key, to: &bytes)
      switch part.content {
      case .varint(let body), .fixed(let body): bytes += body
      case .text(let body):
        Self.append(UInt64(body.count), to: &bytes)
        bytes += body
      case .message(let inner):
        let body = inner.encoded
        Self.append(UInt64(body.count), to: &bytes)
        bytes += body
      }
    }
    return bytes
  }

  /// One of the messages in this one, or itself.
  private func inner(_ source: inout FuzzSource) -> WireParts {
    let messages = parts.compactMap { part -> WireParts? in
      if case .message(let inner) = part.content { inner } else { nil }
    }
    return messages.randomElement(using: &source) ?? self
  }

  private static func breakContent(_ content: inout Content, _ source: inout FuzzSource) {
    switch content {
    case .varint:
      var varint: [UInt8] = []
      append(source.integer(), to: &varint)
      content = .varint(varint)
    case .fixed(let body):
      let number =
        body.count == 4
        ? UInt64(Float(source.double()).bitPattern) : source.double().bitPattern
      content = .fixed((0..<body.count).map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) })
    case .text(var body):
      if source.chance(2) { body = Array(source.text().utf8) } else { source.mutate(&body) }
      content = .text(body)
    case .message(let inner):
      var body = inner.encoded
      source.mutate(&body)
      content = .text(body)
    }
  }

  private static func takeVarint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
