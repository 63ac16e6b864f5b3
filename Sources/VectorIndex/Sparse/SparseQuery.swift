import CVectorKernels

/// A sparse vector that rows are compared with, prepared once: in the order of its indices, and as
/// a table in which an index of a row is met or missed with one look.
///
/// Scores are inner products, summed in float in the order of indices: the same bits on every CPU
/// and by every way of asking.
///
/// SAFETY: the memory is filled in `init`, never written again, and freed in `deinit`.
public final class SparseQuery: @unchecked Sendable {
  /// Ascending, none twice.
  public let indices: [UInt32]
  /// One an index.
  public let weights: [Float]
  /// `nil` for queries of very many indices, which are merged with rows instead.
  private let table: vk_sparse_table?
  private let memory: UnsafeMutableRawPointer?
  private let variant: vk_variant

  /// Prepares a query. Indices may come in any order, but none twice.
  public convenience init(indices: [UInt32], weights: [Float]) {
    self.init(indices: indices, weights: weights, using: Kernels.active)
  }

  /// Prepares a query for one set of kernels.
  package init(indices: [UInt32], weights: [Float], using variant: KernelVariant) {
    precondition(indices.count == weights.count, "a weight for every index")
    let order = indices.indices.sorted { indices[$0] < indices[$1] }
    let sorted = order.map { indices[$0] }
    self.indices = sorted
    self.weights = order.map { weights[$0] }
    self.variant = variant.code
    guard let place = Self.findPlaces(for: sorted) else {
      table = nil
      memory = nil
      return
    }
    let size = 1 << (32 - Int(place.shift))
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 9 * size, alignment: 64)
    let keys = memory.bindMemory(to: UInt32.self, capacity: size)
    let values = (memory + 4 * size).bindMemory(to: Float.self, capacity: size)
    let used = (memory + 8 * size).bindMemory(to: UInt8.self, capacity: size)
    keys.initialize(repeating: 0, count: size)
    values.initialize(repeating: 0, count: size)
    used.initialize(repeating: 0, count: size)
    for (index, weight) in zip(sorted, self.weights) {
      let place = Int((index &* place.multiplier) >> place.shift)
      keys[place] = index
      values[place] = weight
      used[place] = 1
    }
    self.memory = memory
    table = vk_sparse_table(
      keys: keys, weights: values, used: used, multiplier: place.multiplier, shift: place.shift)
  }

  deinit { memory?.deallocate() }

  /// A multiplier and a shift that give every index a place of its own; `nil` if a table of
  /// moderate size has none.
  private static func findPlaces(
    for indices: [UInt32]
  ) -> (multiplier: UInt32, shift: UInt32)? {
    guard !indices.isEmpty, indices.count <= tabledMax else { return nil }
    var generator = SplitMix64(seed: 0x5eed)
    var bits = 6
    while 1 << bits < 8 * indices.count { bits += 1 }
    while bits <= 15 {
      let shift = UInt32(32 - bits)
      for _ in 0..<8 {
        let multiplier = UInt32(truncatingIfNeeded: generator.next()) | 1
        var taken = [Bool](repeating: false, count: 1 << bits)
        let isFree = indices.allSatisfy { index in
          let place = Int((index &* multiplier) >> shift)
          defer { taken[place] = true }
          return !taken[place]
        }
        if isFree { return (multiplier, shift) }
      }
      bits += 1
    }
    return nil
  }

  private static let tabledMax = 256

  /// The inner product with `row`; `nil` if they have no index in common.
  func score(_ row: SparseRow) -> Float? {
    let score: vk_sparse_score
    if let table {
      score = withUnsafePointer(to: table) { table in
        withUnsafePointer(to: row.layout) { vk_score_sparse(variant, table, $0) }
      }
    } else {
      score = indices.withUnsafeBufferPointer { indices in
        weights.withUnsafeBufferPointer { weights in
          guard let first = indices.baseAddress, let weight = weights.baseAddress else {
            return vk_sparse_score(sum: 0, common: 0)
          }
          return withUnsafePointer(to: row.layout) {
            vk_merge_sparse(first, weight, indices.count, $0)
          }
        }
      }
    }
    guard score.common > 0 else { return nil }
    // Huge weights of both signs have no sum.
    return score.sum.isNaN ? 0 : score.sum
  }
}
