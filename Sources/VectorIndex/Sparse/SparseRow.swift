/// A row where it lies in memory: a word with the number of its elements, their indices, ascending,
/// and their weights. Where few weights differ, as those of counted words do, each of them is there
/// once, and for each element a byte that tells which it has.
struct SparseRow {
  let count: Int
  let indices: UnsafePointer<UInt32>
  /// Of each element, or the different ones.
  let weights: UnsafePointer<Float>
  /// Which of the different weights each element has.
  let codes: UnsafePointer<UInt8>?

  /// The upper bits of the first word hold how many different weights there are, 0 if each element
  /// has its own.
  private static let countBits = 24

  init(_ address: UnsafeRawPointer) {
    let word = Int(address.load(as: UInt32.self))
    count = word & (1 << Self.countBits - 1)
    let different = word >> Self.countBits
    let values = address + 4 + 4 * count
    indices = (address + 4).assumingMemoryBound(to: UInt32.self)
    weights = values.assumingMemoryBound(to: Float.self)
    codes = different == 0 ? nil : (values + 4 * different).assumingMemoryBound(to: UInt8.self)
  }

  /// The weight of the element in this place.
  func weight(_ element: Int) -> Float {
    guard let codes else { return weights[element] }
    return weights[Int(codes[element])]
  }
}

/// The form that a row is written in.
struct SparseRowForm {
  /// The weights, each once; empty if each element keeps its own.
  private let different: [Float]
  private let codes: [UInt8]
  private let count: Int

  private static let mostDifferent = 16

  /// - Parameter weight: the weight of an element.
  init(count: Int, weight: (Int) -> Float) {
    precondition(count < 1 << 24, "a row of too many elements")
    var different: [Float] = []
    var codes: [UInt8] = []
    for element in 0..<count {
      let weight = weight(element)
      let place = different.firstIndex { $0.bitPattern == weight.bitPattern }
      if place == nil {
        different.append(weight)
        if different.count > Self.mostDifferent { break }
      }
      codes.append(UInt8(place ?? different.count - 1))
    }
    let isShorter =
      codes.count == count && 4 * different.count + (count + 3) & ~3 < 4 * count
    self.count = count
    self.different = isShorter ? different : []
    self.codes = isShorter ? codes : []
  }

  /// A multiple of four.
  var byteCount: Int {
    4 + 4 * count + (different.isEmpty ? 4 * count : 4 * different.count + (count + 3) & ~3)
  }

  /// Writes ``byteCount`` bytes.
  ///
  /// - Parameters:
  ///   - indices: four bytes an element.
  ///   - weights: likewise.
  func write(
    indices: UnsafeRawPointer, weights: UnsafeRawPointer, to memory: UnsafeMutableRawPointer
  ) {
    memory.storeBytes(of: UInt32(count | different.count << 24), as: UInt32.self)
    (memory + 4).copyMemory(from: indices, byteCount: 4 * count)
    let values = memory + 4 + 4 * count
    guard !different.isEmpty else {
      values.copyMemory(from: weights, byteCount: 4 * count)
      return
    }
    different.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: values, count: $0.count).copyMemory(from: $0)
    }
    codes.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: values + 4 * different.count, count: $0.count)
        .copyMemory(from: $0)
    }
  }
}
