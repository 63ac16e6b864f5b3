import CVectorKernels

/// Scores rows of vectors with the vectors of a query: for each of these the greatest similarity
/// with any vector of the row, summed in their order (MaxSim of ColBERT, arXiv 2004.12832).
///
/// Euclidean and Manhattan distances are negated before, so higher is better there as well.
final class MaxSimScorer: Scorer {
  /// Queries of fewer vectors are compared vector by vector: panels of sixteen would be mostly
  /// empty.
  private static let panelsFrom = 4

  private let view: MultiColumnView
  private let comparison: any MaxSimComparison

  /// Prepares a query of whole vectors, at least one.
  init(_ vectors: [Float], metric: Metric, view: MultiColumnView) {
    let count = vectors.count / view.dimension
    precondition(
      count > 0 && vectors.count.isMultiple(of: view.dimension), "a query of another dimension")
    self.view = view
    comparison =
      count < Self.panelsFrom || view.element == .turbo4
      ? PairwiseMaxSim(vectors, metric: metric, codec: view.codec)
      : PanelMaxSim(vectors, metric: metric, codec: view.codec)
  }

  /// About: a row of as many vectors as usual passages have.
  var rowBytes: Int { 64 * view.vectorBytes }
  var rowsPerChunk: Int { view.rowsPerChunk }

  func contains(_ offset: UInt32) -> Bool { view.contains(offset) }

  func score(_ rows: Range<UInt32>, into scores: UnsafeMutableBufferPointer<Float>) -> Bool {
    withExtendedLifetime(view) {
      guard view.hasChunk(of: rows.lowerBound) else { return false }
      comparison.withScratch { scratch in
        for (index, offset) in rows.enumerated() {
          scores[index] = -.infinity
          if let entry = view.entry(of: offset), let vectors = entry.vectors {
            let next = offset + 1 < rows.upperBound ? view.entry(of: offset + 1) : nil
            scores[index] = comparison.score(
              vectors, count: entry.count, before: next ?? MultiEntry(), scratch)
          }
        }
      }
      return true
    }
  }

  func score(
    at offsets: UnsafeBufferPointer<UInt32>, following: Int,
    into scores: UnsafeMutableBufferPointer<Float>
  ) {
    withExtendedLifetime(view) {
      comparison.withScratch { scratch in
        for index in 0..<offsets.count - following {
          guard let entry = view.entry(of: offsets[index]), let vectors = entry.vectors else {
            preconditionFailure("a row that is not there is scored")
          }
          let next = index + 1 < offsets.count ? view.entry(of: offsets[index + 1]) : nil
          scores[index] = comparison.score(
            vectors, count: entry.count, before: next ?? MultiEntry(), scratch)
        }
      }
    }
  }
}

/// The vectors of a query, arranged for one way of comparing them with those of a row.
protocol MaxSimComparison: Sendable {
  /// Calls `body` with room for floats that ``score(_:count:before:_:)`` works in.
  func withScratch(_ body: (UnsafeMutablePointer<Float>) -> Void)

  /// The sum of the greatest similarities with `count` vectors, at least one; `next` will likely be
  /// asked for next.
  func score(
    _ vectors: UnsafeRawPointer, count: Int, before next: MultiEntry,
    _ scratch: UnsafeMutablePointer<Float>
  ) -> Float
}

/// Compares each vector of a query with each of a row, as they are kept.
struct PairwiseMaxSim: MaxSimComparison {
  /// Similarities worked out at once.
  private static let batch = 64

  private let vectorBytes: Int
  private let queries: [RowQuery]

  init(_ vectors: [Float], metric: Metric, codec: RowCodec) {
    vectorBytes = codec.rowBytes
    queries = stride(from: 0, to: vectors.count, by: codec.dimension).map {
      RowQuery(Array(vectors[$0..<$0 + codec.dimension]), metric: metric, codec: codec)
    }
  }

  func withScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.batch) { scratch in
      if let first = scratch.baseAddress { body(first) }
    }
  }

  func score(
    _ vectors: UnsafeRawPointer, count: Int, before next: MultiEntry,
    _ scratch: UnsafeMutablePointer<Float>
  ) -> Float {
    if let vectors = next.vectors { vk_prefetch(vectors, min(512, next.count * vectorBytes)) }
    var sum: Float = 0
    for query in queries {
      var best = -Float.infinity
      for start in stride(from: 0, to: count, by: Self.batch) {
        let similarities = UnsafeMutableBufferPointer(
          start: scratch, count: min(Self.batch, count - start))
        query.score(vectors + start * vectorBytes, into: similarities)
        for similarity in similarities where similarity > best { best = similarity }
      }
      sum += best
    }
    return sum
  }
}

/// Compares all vectors of a query with those of a row at once, in tiles that stay in registers.
///
/// SAFETY: `packed` is filled in `init`, never written again, and freed in `deinit`.
final class PanelMaxSim: MaxSimComparison, @unchecked Sendable {
  /// Vectors of a row that are looked at while the next ones are fetched from memory.
  private static let batch = 24
  private static let batchMax = 40

  private let metric: Metric
  private let codec: RowCodec
  private let count: Int
  private let panels: Int
  private let packed: UnsafeMutablePointer<Float>

  init(_ vectors: [Float], metric: Metric, codec: RowCodec) {
    self.metric = metric
    self.codec = codec
    let dimension = codec.dimension
    count = vectors.count / dimension
    panels = vk_query_panels(count)
    let floats = vk_panels(count) * VK_PANEL * dimension
    guard let memory = vk_allocate_zeroed(floats * MemoryLayout<Float>.stride) else {
      preconditionFailure("out of memory")
    }
    packed = memory.bindMemory(to: Float.self, capacity: floats)
    var kept = codec.kept(vectors)
    kept.withUnsafeMutableBufferPointer { kept in
      guard let first = kept.baseAddress else { return }
      if metric == .cosine {
        for number in 0..<count {
          let start = number * dimension
          VectorMath.normalize(
            UnsafeMutableBufferPointer(rebasing: kept[start..<start + dimension]))
        }
      }
      vk_pack(first, count, dimension, packed)
    }
  }

  deinit { vk_free(packed) }

  private var usesFactors: Bool { metric == .cosine }
  private var isWidened: Bool { codec.element != .float32 }
  private var dimension: Int { codec.dimension }

  func withScratch(_ body: (UnsafeMutablePointer<Float>) -> Void) {
    let width = panels * VK_PANEL
    let room =
      width + (usesFactors ? 2 * Self.batchMax : 0)
      + (isWidened ? Self.batchMax * dimension : 0)
    withUnsafeTemporaryAllocation(
      byteCount: room * MemoryLayout<Float>.stride, alignment: 64
    ) { scratch in
      guard let first = scratch.baseAddress else { return }
      body(first.bindMemory(to: Float.self, capacity: room))
    }
  }

  func score(
    _ vectors: UnsafeRawPointer, count rowCount: Int, before next: MultiEntry,
    _ scratch: UnsafeMutablePointer<Float>
  ) -> Float {
    let best = scratch
    best.update(repeating: -.infinity, count: panels * VK_PANEL)
    let factors = best + panels * VK_PANEL
    let widened = factors + (usesFactors ? 2 * Self.batchMax : 0)
    let bytes = codec.rowBytes
    var start = 0
    while start < rowCount {
      let part = Self.part(of: rowCount - start)
      let first = vectors + start * bytes
      start += part
      if usesFactors { fill(factors, for: first, count: part) }
      var rows = UnsafePointer(widened)
      if isWidened {
        codec.decode(
          first, into: UnsafeMutableBufferPointer(start: widened, count: part * dimension))
      } else {
        rows = first.assumingMemoryBound(to: Float.self)
      }
      let ahead = start < rowCount ? first + part * bytes : next.vectors
      let following = Self.part(of: start < rowCount ? rowCount - start : next.count)
      vk_max_similarity(
        Kernels.active.code, usesFactors ? VK_DOT : metric.code, rows, part, dimension, packed,
        panels, usesFactors ? factors : nil, usesFactors ? factors + Self.batchMax : nil, ahead,
        ahead == nil ? 0 : following * bytes, best)
    }
    var sum: Float = 0
    for number in 0..<count { sum += best[number] }
    return sum
  }

  /// How many of the vectors that are left are looked at next: a last part is not a small one.
  private static func part(of left: Int) -> Int {
    left <= batchMax ? left : batch
  }

  /// Writes what products with each of `count` vectors are multiplied by, and zeros to be added.
  private func fill(
    _ factors: UnsafeMutablePointer<Float>, for vectors: UnsafeRawPointer, count: Int
  ) {
    (factors + Self.batchMax).update(repeating: 0, count: count)
    let bytes = codec.rowBytes
    for number in 0..<count {
      let vector = vectors + number * bytes
      Kernels.score(
        .dot, codec.element, dimension: dimension, query: vector, rows: vector,
        into: UnsafeMutableBufferPointer(start: factors + number, count: 1))
      factors[number] = factors[number] > 0 ? 1 / factors[number].squareRoot() : 0
    }
  }
}
