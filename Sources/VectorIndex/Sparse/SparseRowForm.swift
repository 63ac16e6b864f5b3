import CVectorKernels

/// The form that a row is written in: the shortest that its column allows.
struct SparseRowForm {
  /// What follows the indices.
  private enum Weights {
    /// A float each, as they came.
    case floats
    /// Each weight once, and for every element a byte that tells which it has: as with counted
    /// words, of which few weights differ. They may be rounded as halves are.
    case different([Float], codes: [UInt8], areRounded: Bool)
    /// Rounded to the nearest IEEE binary16; ±65,504 beyond that.
    case halves
    /// Cut to 255 steps from the least to the greatest weight of the row: two floats, the least
    /// and the step, and a byte an element.
    case steps(least: Float, step: Float)
  }

  private let count: Int
  private let weights: Weights

  /// The upper bits of a row's first word hold how many different weights there are, 0 if each
  /// element has its own, or one of the marks. Sixteen are added if the different ones are rounded.
  static let countBits = 24
  static let markOfHalves = 254
  static let markOfSteps = 255
  static let mostDifferent = 16

  /// - Parameters:
  ///   - element: what the column keeps weights as.
  ///   - weight: the weight of an element.
  init(count: Int, keeping element: ElementType, weight: (Int) -> Float) {
    precondition(count < 1 << Self.countBits, "a row of too many elements")
    self.count = count
    let plain = Self.plain(count, element, weight)
    let different = Self.different(
      count, below: Self.byteCount(count, plain), rounds: element == .float16, weight)
    weights = different ?? plain
  }

  /// A form in which every element has bytes of its own.
  private static func plain(
    _ count: Int, _ element: ElementType, _ weight: (Int) -> Float
  ) -> Weights {
    switch element {
    case .float32, .turbo4: return .floats
    case .float16: return .halves
    case .uint8:
      var least = Float.infinity
      var greatest = -Float.infinity
      for element in 0..<count {
        least = min(least, weight(element))
        greatest = max(greatest, weight(element))
      }
      guard least <= greatest else { return .floats }
      let exact = (Double(greatest) - Double(least)) / 255
      let step = Float(exact)
      // No weight comes back greater than the greatest.
      return .steps(least: least, step: Double(step) > exact ? step.nextDown : step)
    }
  }

  /// The form with each weight once, if it takes no more than `limit` bytes.
  private static func different(
    _ count: Int, below limit: Int, rounds: Bool, _ weight: (Int) -> Float
  ) -> Weights? {
    let head = byteCount(count, .different([], codes: [], areRounded: false))
    let most = min((limit - head) / 4, mostDifferent)
    guard most > 0 else { return nil }
    var different: [Float] = []
    var codes: [UInt8] = []
    var areRounded = false
    for element in 0..<count {
      let given = weight(element)
      let kept = rounds ? rounded(given) : given
      areRounded = areRounded || kept != given
      let place = different.firstIndex { $0.bitPattern == kept.bitPattern }
      if place == nil {
        different.append(kept)
        if different.count > most { return nil }
      }
      codes.append(UInt8(place ?? different.count - 1))
    }
    return different.isEmpty ? nil : .different(different, codes: codes, areRounded: areRounded)
  }

  private static func rounded(_ weight: Float) -> Float {
    let greatest = Float(Float16.greatestFiniteMagnitude)
    return Float(Float16(min(max(weight, -greatest), greatest)))
  }

  private static func byteCount(_ count: Int, _ weights: Weights) -> Int {
    let head = 4 + 4 * count
    switch weights {
    case .floats: return head + 4 * count
    case .different(let different, _, _): return head + 4 * different.count + (count + 3) & ~3
    case .halves: return head + (2 * count + 3) & ~3
    case .steps: return head + 8 + (count + 3) & ~3
    }
  }

  /// A multiple of four.
  var byteCount: Int { Self.byteCount(count, weights) }

  /// The most that a row of so many elements takes.
  static func greatestByteCount(_ count: Int, keeping element: ElementType) -> Int {
    switch element {
    case .float32, .turbo4: byteCount(count, .floats)
    case .float16: byteCount(count, .halves)
    case .uint8: byteCount(count, .steps(least: 0, step: 0))
    }
  }

  /// Writes ``byteCount`` bytes.
  ///
  /// - Parameters:
  ///   - indices: four bytes an element.
  ///   - values: the weights, likewise.
  func write(
    indices: UnsafeRawPointer, weights values: UnsafeRawPointer,
    to memory: UnsafeMutableRawPointer
  ) {
    (memory + 4).copyMemory(from: indices, byteCount: 4 * count)
    let end = memory + 4 + 4 * count
    let mark: Int
    switch weights {
    case .floats:
      mark = 0
      end.copyMemory(from: values, byteCount: 4 * count)
    case .different(let different, let codes, let areRounded):
      mark = different.count + (areRounded ? Self.mostDifferent : 0)
      different.withUnsafeBytes { Self.copy($0, to: end) }
      codes.withUnsafeBytes { Self.copy($0, to: end + 4 * different.count) }
    case .halves:
      mark = Self.markOfHalves
      for element in 0..<count {
        end.storeBytes(
          of: Float16(Self.rounded(Self.weight(element, values))), toByteOffset: 2 * element,
          as: Float16.self)
      }
    case .steps(let least, let step):
      mark = Self.markOfSteps
      end.storeBytes(of: least, as: Float.self)
      end.storeBytes(of: step, toByteOffset: 4, as: Float.self)
      for element in 0..<count {
        let above = Double(Self.weight(element, values)) - Double(least)
        let code = step > 0 ? UInt8(min(255, (above / Double(step)).rounded())) : 0
        end.storeBytes(of: code, toByteOffset: 8 + element, as: UInt8.self)
      }
    }
    memory.storeBytes(of: UInt32(count | mark << Self.countBits), as: UInt32.self)
  }

  private static func weight(_ element: Int, _ weights: UnsafeRawPointer) -> Float {
    weights.loadUnaligned(fromByteOffset: 4 * element, as: Float.self)
  }

  private static func copy(_ bytes: UnsafeRawBufferPointer, to memory: UnsafeMutableRawPointer) {
    UnsafeMutableRawBufferPointer(start: memory, count: bytes.count).copyMemory(from: bytes)
  }
}
