import CRoaring

/// A set of row offsets, compressed: a Roaring bitmap that nobody changes once it is made.
///
/// SAFETY (`@unchecked Sendable`): `bitmap` is written in initialisers only, before anybody else
/// has the reference, and freed in `deinit`; the library's reading functions change nothing.
public final class OffsetSet: @unchecked Sendable {
  private let bitmap: UnsafeMutablePointer<roaring_bitmap_t>

  /// How many offsets the set holds.
  public let count: Int

  /// The set of nothing.
  public static let empty = OffsetSet([])

  /// A set of `offsets`, in any order; ascending ones are fastest.
  public convenience init(_ offsets: [UInt32]) {
    self.init(offsets[...])
  }

  init(_ offsets: ArraySlice<UInt32>) {
    let made = offsets.withUnsafeBufferPointer { roaring_bitmap_of_ptr($0.count, $0.baseAddress) }
    bitmap = Self.checked(made)
    count = Int(roaring_bitmap_get_cardinality(bitmap))
  }

  /// The offsets of `range`.
  public init(range: Range<UInt32>) {
    let made =
      range.isEmpty
      ? roaring_bitmap_create()
      : roaring_bitmap_from_range(UInt64(range.lowerBound), UInt64(range.upperBound), 1)
    bitmap = Self.checked(made)
    count = range.count
  }

  private init(taking made: UnsafeMutablePointer<roaring_bitmap_t>?) {
    bitmap = Self.checked(made)
    count = Int(roaring_bitmap_get_cardinality(bitmap))
  }

  deinit { roaring_bitmap_free(bitmap) }

  private static func checked(
    _ made: UnsafeMutablePointer<roaring_bitmap_t>?
  ) -> UnsafeMutablePointer<roaring_bitmap_t> {
    guard let made else { preconditionFailure("out of memory for a set of rows") }
    return made
  }

  /// Whether the set holds nothing.
  public var isEmpty: Bool { count == 0 }

  /// Whether the set holds `offset`.
  public func contains(_ offset: UInt32) -> Bool { roaring_bitmap_contains(bitmap, offset) }

  /// The offsets in ascending order.
  public var offsets: [UInt32] {
    if isEmpty { return [] }
    return [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
      roaring_bitmap_to_uint32_array(bitmap, buffer.baseAddress)
      initialized = count
    }
  }

  /// Sets the bits of the offsets in `words`, which are all zero, 64 offsets a word.
  public func copyBits(into words: UnsafeMutableBufferPointer<UInt64>) {
    croaring_copy_words(bitmap, words.baseAddress, words.count)
  }

  /// About the memory that the set takes, in bytes.
  public var residentBytes: Int { 96 + Int(roaring_bitmap_size_in_bytes(bitmap)) }
}

extension OffsetSet {
  /// The offsets of either set.
  public func union(_ other: OffsetSet) -> OffsetSet {
    if isEmpty { return other }
    if other.isEmpty { return self }
    return OffsetSet(taking: roaring_bitmap_or(bitmap, other.bitmap))
  }

  /// The offsets that are in both sets.
  public func intersection(_ other: OffsetSet) -> OffsetSet {
    if isEmpty || other.isEmpty { return .empty }
    return OffsetSet(taking: roaring_bitmap_and(bitmap, other.bitmap))
  }

  /// The offsets that are not in `other`.
  public func subtracting(_ other: OffsetSet) -> OffsetSet {
    if isEmpty || other.isEmpty { return self }
    return OffsetSet(taking: roaring_bitmap_andnot(bitmap, other.bitmap))
  }

  /// How many offsets are in both sets.
  public func intersectionCount(_ other: OffsetSet) -> Int {
    Int(roaring_bitmap_and_cardinality(bitmap, other.bitmap))
  }

  /// The offsets of all sets.
  public static func union(of sets: [OffsetSet]) -> OffsetSet {
    switch sets.count {
    case 0: return .empty
    case 1: return sets[0]
    case 2: return sets[0].union(sets[1])
    default:
      var bitmaps = sets.map { UnsafePointer<roaring_bitmap_t>($0.bitmap) as Optional }
      return withExtendedLifetime(sets) {
        OffsetSet(taking: roaring_bitmap_or_many(bitmaps.count, &bitmaps))
      }
    }
  }

  /// The same set in the smallest form: runs where offsets follow one another.
  func optimized() -> OffsetSet {
    if isEmpty { return .empty }
    let copy = Self.checked(roaring_bitmap_copy(bitmap))
    roaring_bitmap_run_optimize(copy)
    roaring_bitmap_shrink_to_fit(copy)
    return OffsetSet(taking: copy)
  }
}
