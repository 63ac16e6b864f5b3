import CRowFiles

/// Whose rows a file has, and which.
public struct RowFileHeader: Sendable, Equatable {
  /// The number of the collection.
  public var collection: UInt32
  /// The number of the vector.
  public var vector: UInt16
  /// Numbers of a vector.
  public var dimension: Int
  /// What the numbers are kept as.
  public var element: ElementType
  /// The rows that the file stands for: what of these it does not hold was dead or had no vector.
  public var rows: Range<UInt32>
  /// How many it holds.
  public var count: Int
  /// Whether they are in the order of the lists of an index.
  public var isInListOrder: Bool

  /// - Parameters:
  ///   - collection: the collection's number.
  ///   - vector: the vector's number.
  ///   - rows: whole chunks of the column.
  public init(
    collection: UInt32, vector: UInt16, codec: RowCodec, rows: Range<UInt32>, count: Int,
    isInListOrder: Bool
  ) {
    self.collection = collection
    self.vector = vector
    dimension = codec.dimension
    element = codec.element
    self.rows = rows
    self.count = count
    self.isInListOrder = isInListOrder
  }

  var layout: RowFileLayout { RowFileLayout(rowBytes: element.bytes(of: dimension)) }
  /// Offsets of the rows and checksums of the pages.
  var tableBytes: Int { 4 * count + 4 * layout.pageCount(of: count) }
  /// Bytes of the whole file.
  var fileBytes: Int { (1 + layout.pageCount(of: count)) * RowFileLayout.pageBytes + tableBytes }

  // MARK: Bytes

  static let byteCount = 52
  private static let magic = Array("quivrows".utf8)
  private static let format: UInt32 = 1
  /// Numbers of a vector in a file: what sizes are reckoned from fits into a number.
  private static let dimensionMax: UInt32 = 1 << 20

  private var elementCode: UInt32 {
    switch element {
    case .float32: 0
    case .float16: 1
    case .uint8: 2
    case .turbo4: 3
    }
  }

  /// The first bytes of the file.
  func bytes(tableChecksum: UInt32) -> [UInt8] {
    var bytes = Self.magic
    let words: [UInt32] = [
      Self.format, collection, UInt32(vector), elementCode, UInt32(dimension), rows.lowerBound,
      rows.upperBound, UInt32(count), isInListOrder ? 1 : 0, tableChecksum,
    ]
    for word in words { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } }
    let checksum = bytes.withUnsafeBytes { Self.checksum($0) }
    withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
    return bytes
  }

  /// The header in `bytes`, which are ``byteCount``, and the checksum of the table.
  ///
  /// - Throws: ``RowFileError/damaged(_:)``.
  static func read(
    _ bytes: [UInt8]
  ) throws(RowFileError) -> (header: RowFileHeader, tableChecksum: UInt32) {
    func word(_ index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[magic.count + 4 * index + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count == byteCount, bytes.prefix(magic.count).elementsEqual(magic) else {
      throw .damaged("it is no file of rows")
    }
    guard word(0) == format else { throw .damaged("it is of another format") }
    let checksum = Array(bytes.dropLast(4)).withUnsafeBytes { Self.checksum($0) }
    guard word(10) == checksum else { throw .damaged("the checksum of its header is wrong") }
    let elements: [ElementType] = [.float32, .float16, .uint8, .turbo4]
    guard Int(word(3)) < elements.count, (1...dimensionMax).contains(word(4)),
      word(5) < word(6),
      word(7) <= word(6) - word(5), let vector = UInt16(exactly: word(2))
    else { throw .damaged("its header contradicts itself") }
    let codec = RowCodec(dimension: Int(word(4)), element: elements[Int(word(3))])
    let header = RowFileHeader(
      collection: word(1), vector: vector, codec: codec, rows: word(5)..<word(6),
      count: Int(word(7)), isInListOrder: word(8) & 1 == 1)
    return (header, word(9))
  }

  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let first = bytes.baseAddress else { return 0 }
    return rf_checksum(first, bytes.count)
  }
}

/// Where rows lie in the pages of a file.
struct RowFileLayout: Sendable {
  /// What is read and checked as a whole.
  static let pageBytes = Int(RF_PAGE_BYTES)

  let rowBytes: Int
  /// Rows of a page where none shall lie on two; 0 where they follow one another.
  private let rowsPerPage: Int

  /// Rows keep to a page where that costs no more than a quarter of it.
  init(rowBytes: Int) {
    self.rowBytes = rowBytes
    let fitting = Self.pageBytes / rowBytes
    rowsPerPage = 4 * fitting * rowBytes >= 3 * Self.pageBytes ? fitting : 0
  }

  /// Where the row at a position begins, in bytes behind the first page of rows.
  func start(of position: Int) -> Int {
    if rowsPerPage == 0 { return position * rowBytes }
    return position / rowsPerPage * Self.pageBytes + position % rowsPerPage * rowBytes
  }

  /// The pages that a row lies on.
  func pages(of position: Int) -> Range<Int> {
    let start = start(of: position)
    return start / Self.pageBytes..<(start + rowBytes - 1) / Self.pageBytes + 1
  }

  func pageCount(of rows: Int) -> Int { rows == 0 ? 0 : pages(of: rows - 1).upperBound }
}

/// Why a file of rows can't be used or made.
public enum RowFileError: Error, Equatable, CustomStringConvertible {
  /// There is none.
  case missing
  /// What is wrong with it.
  case damaged(String)
  /// What the system says.
  case system(String)
  /// Whoever had it made wants it no more.
  case interrupted

  /// In words.
  public var description: String {
    switch self {
    case .missing: "it is missing"
    case .damaged(let reason), .system(let reason): reason
    case .interrupted: "it was given up"
    }
  }
}
