import Foundation

/// A two-dimensional array of float16 or float32, as NumPy saves it.
struct NPYFile {
  let rowCount: Int
  let dimension: Int
  private let data: Data
  private let start: Int
  private let isHalf: Bool

  /// Maps the file at `path`.
  init(path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    self.data = data
    guard data.count > 12, data[0] == 0x93, data[1...5].elementsEqual("NUMPY".utf8) else {
      throw NPYError(path: path, reason: "it does not begin as a .npy file does")
    }
    let isShort = data[6] == 1
    let length =
      isShort
      ? Int(data[8]) | Int(data[9]) << 8
      : (0..<4).reduce(0) { $0 | Int(data[8 + $1]) << (8 * $1) }
    let start = (isShort ? 10 : 12) + length
    self.start = start
    let header = String(decoding: data[(isShort ? 10 : 12)..<start], as: UTF8.self)
    isHalf = header.contains("'<f2'")
    guard isHalf || header.contains("'<f4'"), header.contains("'fortran_order': False") else {
      throw NPYError(path: path, reason: "only row-major float16 and float32 are read")
    }
    let shape = header.split(separator: "(").last?.split(separator: ")").first ?? ""
    let sizes = shape.split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    guard sizes.count == 2 else { throw NPYError(path: path, reason: "it is not a matrix") }
    (rowCount, dimension) = (sizes[0], sizes[1])
    let itemBytes = isHalf ? 2 : 4
    guard data.count >= start + rowCount * dimension * itemBytes else {
      throw NPYError(path: path, reason: "it ends early")
    }
  }

  /// Row `number` as float32.
  func row(_ number: Int) -> [Float] {
    data.withUnsafeBytes { bytes in
      (0..<dimension).map { column in
        let item = number * dimension + column
        if isHalf {
          let bits = bytes.loadUnaligned(fromByteOffset: start + 2 * item, as: UInt16.self)
          return Self.float(half: UInt16(littleEndian: bits))
        }
        let bits = bytes.loadUnaligned(fromByteOffset: start + 4 * item, as: UInt32.self)
        return Float(bitPattern: UInt32(littleEndian: bits))
      }
    }
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

struct NPYError: Error, CustomStringConvertible {
  let path: String
  let reason: String
  var description: String { "\(path): \(reason)" }
}
