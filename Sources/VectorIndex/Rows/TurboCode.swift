import CVectorKernels

/// Vectors as codes of four bits a number, from which alone they are known: rotated, so that their
/// numbers spread like a normal distribution's, and each number kept as the nearest of sixteen
/// centroids (TurboQuant, arXiv 2504.19874). Codes and scores are those of Qdrant's datatype
/// `turbo4`.
final class TurboCode: Sendable {
  private static let seeds: [UInt64] = [
    654_605_292_835_415_893, 8_636_605_637_963_351_413, 1_775_280_196_666_917_949,
  ]
  /// Steps of a centroid's whole number in 1.
  private static let stepsInOne: Float = 128 / 2.733

  let dimension: Int
  /// Numbers of a row: an even number.
  private let padded: Int
  private let codeBytes: Int
  /// By round, where each number comes from.
  private let forward: [UInt32]
  private let backward: [UInt32]

  init(dimension: Int) {
    self.dimension = dimension
    padded = dimension + dimension % 2
    codeBytes = (padded / 2 + 3) / 4 * 4
    let maps = Self.seeds.map { Self.shuffled(dimension, seed: $0) }
    forward = maps.flatMap { $0 }
    backward = maps.reversed().flatMap { map in
      var inverse = [UInt32](repeating: 0, count: dimension)
      for (place, source) in map.enumerated() { inverse[Int(source)] = UInt32(place) }
      return inverse
    }
  }

  /// The numbers from 0 on in an order drawn by a linear congruential generator (Knuth's MMIX).
  private static func shuffled(_ count: Int, seed: UInt64) -> [UInt32] {
    var order = (0..<UInt32(count)).map { $0 }
    var state = seed
    for last in stride(from: count - 1, to: 0, by: -1) {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      order.swapAt(last, Int((state >> 32) % UInt64(last + 1)))
    }
    return order
  }

  /// Bytes of a row.
  static func rowBytes(dimension: Int) -> Int { ((dimension + 1) / 2 + 3) / 4 * 4 + 8 }

  /// Writes the row of a vector.
  func encode(_ vector: UnsafePointer<Float>, into row: UnsafeMutableRawPointer) {
    withRotated(vector) { rotated in
      vk_turbo_encode(rotated, padded, codeBytes, row.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Reads the vector that a row stands for.
  func decode(_ row: UnsafeRawPointer, into vector: UnsafeMutablePointer<Float>) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * padded) { memory in
      guard let numbers = memory.baseAddress else { return }
      vk_turbo_decode(row.assumingMemoryBound(to: UInt8.self), padded, codeBytes, numbers)
      vk_turbo_rotate(backward, dimension, numbers, numbers + padded)
      let greatest = Double(Float.greatestFiniteMagnitude)
      for index in 0..<dimension {
        vector[index] = Float(min(max(numbers[index], -greatest), greatest))
      }
    }
  }

  private func withRotated<R>(
    _ vector: UnsafePointer<Float>, _ body: (UnsafeMutablePointer<Double>) -> R
  ) -> R {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * padded) { memory in
      guard let numbers = memory.baseAddress else { preconditionFailure("no number") }
      for index in 0..<dimension { numbers[index] = Double(vector[index]) }
      for index in dimension..<2 * padded { numbers[index] = 0 }
      vk_turbo_rotate(forward, dimension, numbers, numbers + padded)
      if padded > dimension { numbers[dimension] = 0 }
      return body(numbers)
    }
  }

  /// Whether the numbers that a row holds beside its codes are finite.
  func isFinite(_ row: UnsafeRawPointer) -> Bool {
    row.loadUnaligned(fromByteOffset: codeBytes, as: Float.self).isFinite
      && row.loadUnaligned(fromByteOffset: codeBytes + 4, as: Float.self).isFinite
  }

  // MARK: Scores

  /// A query in the form in which it is compared with rows: whole numbers.
  struct Query: Sendable {
    let vector: [Float]
    let squaredLength: Float
    /// What sums of whole numbers are multiplied by.
    let scale: Float
    /// In blocks, the numbers at even places before those at odd ones.
    let numbers: [Int16]
  }

  /// Prepares a query.
  func query(_ vector: [Float]) -> Query {
    vector.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress else { preconditionFailure("no number") }
      return withRotated(first) { rotated in
        var squares = 0.0
        var greatest = Double(Float.ulpOfOne)
        for place in 0..<padded {
          squares += rotated[place] * rotated[place]
          greatest = max(greatest, abs(rotated[place]))
        }
        let length = Float(squares.squareRoot())
        let steps = Float(VK_TURBO_GREATEST) / Float(greatest)
        let half = Int(VK_TURBO_BLOCK) / 2
        var numbers = [Int16](repeating: 0, count: (codeBytes + half - 1) / half * 2 * half)
        vk_turbo_arrange(rotated, padded, steps, &numbers)
        return Query(
          vector: vector, squaredLength: length * length, scale: 1 / (steps * Self.stepsInOne),
          numbers: numbers)
      }
    }
  }

  /// Scores rows that lie side by side.
  func score(
    _ metric: Metric, _ query: Query, rows: UnsafeRawPointer,
    into scores: UnsafeMutableBufferPointer<Float>
  ) {
    guard let out = scores.baseAddress else { return }
    let stride = Self.rowBytes(dimension: dimension)
    if metric == .manhattan {
      for index in scores.indices { scores[index] = -distance(query, rows + index * stride) }
      return
    }
    vk_turbo_sums(
      Kernels.active.code, query.numbers, codeBytes, rows.assumingMemoryBound(to: UInt8.self),
      stride, scores.count, out)
    for index in scores.indices {
      let row = rows + index * stride + codeBytes
      let product = scores[index] * query.scale * row.loadUnaligned(as: Float.self)
      if metric == .squaredEuclid {
        let length = row.loadUnaligned(fromByteOffset: 4, as: Float.self)
        let score = -(query.squaredLength + length * length - 2 * product)
        // Both sides can be beyond what a number can be: then nothing is farther.
        scores[index] = score.isNaN ? -.infinity : score
      } else {
        scores[index] = product
      }
    }
  }

  /// `Σ |a − b|`, for which the rotation has to be undone.
  private func distance(_ query: Query, _ row: UnsafeRawPointer) -> Float {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: dimension) { vector in
      guard let first = vector.baseAddress else { return 0 }
      decode(row, into: first)
      var sum: Float = 0
      for index in 0..<dimension { sum += abs(query.vector[index] - first[index]) }
      return sum
    }
  }
}
