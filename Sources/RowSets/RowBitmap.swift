import CRoaring

/// A Roaring bitmap that nobody changes once it is made.
///
/// SAFETY (`@unchecked Sendable`): `bitmap` is written in initialisers only, before anybody else
/// has the reference, and freed in `deinit`; the library's reading functions change nothing.
final class RowBitmap: @unchecked Sendable {
  private let bitmap: UnsafeMutablePointer<roaring_bitmap_t>

  /// How many offsets it holds.
  let count: Int

  /// A bitmap of `offsets`, in any order; ascending ones are fastest.
  convenience init(_ offsets: ArraySlice<UInt32>) {
    self.init(
      taking: offsets.withUnsafeBufferPointer { offsets in
        Self.wordCount(for: offsets).map { Self.made(of: offsets, wordCount: $0) }
          ?? roaring_bitmap_of_ptr(offsets.count, offsets.baseAddress)
      })
  }

  /// Words that are cleared and looked through for one offset at most.
  private static let wordsPerOffset = 32

  /// How many words hold a bit for each of `offsets`; `nil` where they are ascending or these would
  /// be very many.
  private static func wordCount(for offsets: UnsafeBufferPointer<UInt32>) -> Int? {
    var greatest: UInt32 = 0
    var descents = 0
    for offset in offsets {
      descents += offset < greatest ? 1 : 0
      greatest = max(greatest, offset)
    }
    let count = Int(greatest >> 6) + 1
    return descents > 0 && count <= wordsPerOffset * offsets.count ? count : nil
  }

  /// A bitmap by way of bits: offsets in no order would be put in their places one by one.
  private static func made(
    of offsets: UnsafeBufferPointer<UInt32>, wordCount: Int
  ) -> UnsafeMutablePointer<roaring_bitmap_t>? {
    let words = UnsafeMutablePointer<UInt64>.allocate(capacity: wordCount)
    defer { words.deallocate() }
    words.initialize(repeating: 0, count: wordCount)
    for offset in offsets { words[Int(offset >> 6)] |= 1 << UInt64(offset & 63) }
    return croaring_of_words(words, wordCount)
  }

  /// A bitmap of the offsets of `range`, which is not empty.
  convenience init(range: Range<UInt32>) {
    self.init(
      taking: roaring_bitmap_from_range(UInt64(range.lowerBound), UInt64(range.upperBound), 1))
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

  func contains(_ offset: UInt32) -> Bool { roaring_bitmap_contains(bitmap, offset) }

  /// The offsets in ascending order.
  var offsets: [UInt32] {
    [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
      if count > 0 { roaring_bitmap_to_uint32_array(bitmap, buffer.baseAddress) }
      initialized = count
    }
  }

  /// Sets the bits of the offsets in `words`, which are all zero, 64 offsets a word.
  func copyBits(into words: UnsafeMutableBufferPointer<UInt64>) {
    croaring_copy_words(bitmap, words.baseAddress, words.count)
  }

  /// About the memory that it takes, in bytes.
  var residentBytes: Int { 96 + Int(roaring_bitmap_size_in_bytes(bitmap)) }

  func union(_ other: RowBitmap) -> RowBitmap {
    RowBitmap(taking: roaring_bitmap_or(bitmap, other.bitmap))
  }

  func intersection(_ other: RowBitmap) -> RowBitmap {
    RowBitmap(taking: roaring_bitmap_and(bitmap, other.bitmap))
  }

  func subtracting(_ other: RowBitmap) -> RowBitmap {
    RowBitmap(taking: roaring_bitmap_andnot(bitmap, other.bitmap))
  }

  static func union(of sets: [RowBitmap]) -> RowBitmap {
    var bitmaps = sets.map { UnsafePointer<roaring_bitmap_t>($0.bitmap) as Optional }
    return withExtendedLifetime(sets) {
      RowBitmap(taking: roaring_bitmap_or_many(bitmaps.count, &bitmaps))
    }
  }

  /// The same bitmap with runs where offsets follow one another.
  func optimized() -> RowBitmap {
    let copy = Self.checked(roaring_bitmap_copy(bitmap))
    roaring_bitmap_run_optimize(copy)
    roaring_bitmap_shrink_to_fit(copy)
    return RowBitmap(taking: copy)
  }
}

extension RowBitmap {
  /// Reads the offsets in ascending order, some at a time. Its state points into the bitmap, which
  /// it keeps alive.
  struct Reader {
    private static let batch = 256
    private let bitmap: RowBitmap
    private var state = roaring_uint32_iterator_t()

    init(_ bitmap: RowBitmap) {
      self.bitmap = bitmap
      roaring_init_iterator(bitmap.bitmap, &state)
    }

    /// Replaces `offsets` by the next ones; false at the end.
    mutating func read(into offsets: inout [UInt32]) -> Bool {
      offsets = [UInt32](unsafeUninitializedCapacity: Self.batch) { buffer, initialized in
        initialized = Int(
          roaring_read_uint32_iterator(&state, buffer.baseAddress, UInt32(buffer.count)))
      }
      return !offsets.isEmpty
    }
  }

  /// A reader from the lowest offset on.
  func makeReader() -> Reader { Reader(self) }
}
