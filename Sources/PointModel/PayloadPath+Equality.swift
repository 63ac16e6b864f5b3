extension PayloadPath.Step: Hashable {
  /// Whether both are the same step: keys are the same when their bytes are. `String` itself
  /// equates canonically equivalent texts, which are different keys of a payload.
  public static func == (left: PayloadPath.Step, right: PayloadPath.Step) -> Bool {
    switch (left, right) {
    case (.key(let left), .key(let right)): left.utf8.elementsEqual(right.utf8)
    case (.index(let left), .index(let right)): left == right
    case (.everyElement, .everyElement): true
    default: false
    }
  }

  /// Equal steps feed equal bytes.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .key(var key):
      key.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      // Ends the key, so that neighbouring keys do not run into one another.
      hasher.combine(0xFF as UInt8)
    case .index(let index): hasher.combine(index)
    case .everyElement: hasher.combine(0xFE as UInt8)
    }
  }
}
