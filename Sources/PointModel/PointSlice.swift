/// One of `total` parts into which all ids are divided by their hash: for parallel scans and
/// samples that can be drawn again.
///
/// An id belongs to part `hash(id) % total`. The hash is SipHash-2-4 with a key of zeros over the
/// eight bytes of a number, the least significant first, or the sixteen bytes of a UUID in the
/// order they are written. Clients rely on it, so it can never change.
public struct PointSlice: Sendable, Equatable {
  /// How many parts there are, at least 1.
  public var total: UInt32
  /// Which part, below `total`.
  public var index: UInt32

  /// The part `index` of `total`.
  public init(total: UInt32, index: UInt32) {
    self.total = total
    self.index = index
  }

  /// Whether `id` belongs to this part.
  public func contains(_ id: PointID) -> Bool {
    var hash = SipHash()
    switch id {
    case .number(let number): hash.absorb(number)
    case .uuid(let uuid):
      hash.absorb(uuid.high.byteSwapped)
      hash.absorb(uuid.low.byteSwapped)
    }
    return hash.finish() % UInt64(total) == UInt64(index)
  }
}
