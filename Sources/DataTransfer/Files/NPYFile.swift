import Glibc

/// The rows of a two-dimensional array of floats, as NumPy saves it. Blocking.
package final class NPYFile {
  /// What one number is.
  enum Element: Int {
    case half = 2
    case single = 4
    case double = 8
  }

  /// Rows of the matrix.
  package let rowCount: Int
  /// Numbers in a row.
  package let dimension: Int
  private let path: String
  private let descriptor: Int32
  private let start: Int
  private let element: Element

  /// Bytes of the header of a matrix in a file.
  private static let headerBytesMax = 1 << 20

  /// Opens the file at `path` and reads its header.
  package init(path: String) throws(TransferError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path: path, reason: SystemError.text) }
    let fixed = try Self.read(descriptor, path, count: 12, at: 0)
    guard fixed[0] == 0x93, fixed[1...5].elementsEqual("NUMPY".utf8) else {
      throw .file(path: path, reason: "it does not begin as a .npy file does")
    }
    let isShort = fixed[6] == 1
    let length =
      isShort
      ? Int(fixed[8]) | Int(fixed[9]) << 8
      : (0..<4).reduce(0) { $0 | Int(fixed[8 + $1]) << (8 * $1) }
    guard length <= Self.headerBytesMax else {
      throw .file(path: path, reason: "its header is too long")
    }
    let headerStart = isShort ? 10 : 12
    let header = String(
      decoding: try Self.read(descriptor, path, count: length, at: headerStart), as: UTF8.self)
    start = headerStart + length
    element = try Self.element(of: header, path)
    (rowCount, dimension) = try Self.shape(of: header, path)
    let bytes = try FileIdentity(of: path).size
    let (items, itemsOverflow) = rowCount.multipliedReportingOverflow(by: dimension)
    let (needed, overflow) = items.multipliedReportingOverflow(by: element.rawValue)
    guard !itemsOverflow, !overflow, bytes - start >= needed else {
      throw .file(path: path, reason: "it ends before its \(rowCount) rows do")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Row `number` as 32-bit floats.
  package func row(_ number: Int) throws(TransferError) -> [Float] {
    try rows(number..<number + 1)
  }

  /// Rows `range` as one array of 32-bit floats, row after row.
  package func rows(_ range: Range<Int>) throws(TransferError) -> [Float] {
    let width = dimension * element.rawValue
    let bytes = try Self.read(
      descriptor, path, count: range.count * width, at: start + range.lowerBound * width)
    return bytes.withUnsafeBytes { bytes in
      (0..<range.count * dimension).map { index in
        let offset = index * element.rawValue
        switch element {
        case .half:
          let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
          return Self.float(half: UInt16(littleEndian: bits))
        case .single:
          let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
          return Float(bitPattern: UInt32(littleEndian: bits))
        case .double:
          let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          return Float(Double(bitPattern: UInt64(littleEndian: bits)))
        }
      }
    }
  }

  private static func element(
    of header: String, _ path: String
  ) throws(TransferError) -> Element {
    guard header.contains("'fortran_order': False") else {
      throw .file(path: path, reason: "it is saved column by column; save it in C order")
    }
    for (name, element) in [("f2", Element.half), ("f4", .single), ("f8", .double)]
    where header.contains("'<\(name)'") {
      return element
    }
    throw .file(path: path, reason: "its numbers are none of float16, float32 and float64")
  }

  private static func shape(
    of header: String, _ path: String
  ) throws(TransferError) -> (Int, Int) {
    let text = header.split(separator: "(").last?.split(separator: ")").first ?? ""
    let sizes = text.split(separator: ",").compactMap { Int($0.filter { $0 != " " }) }
    // Of no rows, too, each could be said to be as long as a number can say.
    guard sizes.count == 2, sizes[0] >= 0, sizes[1] > 0, sizes[1] <= Int32.max else {
      throw .file(path: path, reason: "it is not a matrix of one row a point")
    }
    return (sizes[0], sizes[1])
  }

  private static func read(
    _ descriptor: Int32, _ path: String, count: Int, at offset: Int
  ) throws(TransferError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = bytes.withUnsafeMutableBytes { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return pread(descriptor, base + done, count - done, offset + done)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .file(path: path, reason: SystemError.text) }
      guard got > 0 else { throw .file(path: path, reason: "it ends early") }
      done += got
    }
    return bytes
  }

  /// `Float16` is not there on every platform.
  private static func float(half: UInt16) -> Float {
    let sign: Float = half & 0x8000 == 0 ? 1 : -1
    let exponent = Int(half >> 10 & 0x1F)
    let fraction = Float(half & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }
}
