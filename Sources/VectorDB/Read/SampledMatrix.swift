import PointModel
import VectorIndex

/// The distances within a random sample of points. Blocking; its cost grows with the square of the
/// sample.
struct SampledMatrix {
  let transaction: ReadTransaction

  /// Points scored at once.
  private static let block = 512
  /// Cheap steps that the score of a point is worth.
  private static let scoreSteps = 4

  func matrix(_ request: MatrixRequest) throws(CollectionError) -> DistanceMatrix {
    let view = try transaction.view(named: request.using, context: "using")
    let filter = Filter(
      must: (request.filter.map { [.filter($0)] } ?? []) + [.hasVector(view.name)])
    var sample: [(id: PointID, offset: UInt32)] = []
    let allowed = try FilterScan(filter, in: transaction).rows()
    for offset in try RandomSample(transaction: transaction).offsets(
      request.sample, among: allowed) where view.contains(offset)
    {
      sample.append((try transaction.id(of: offset), offset))
    }
    guard sample.count >= 2 else { return DistanceMatrix() }
    sample.sort { $0.id < $1.id }
    let offsets = sample.map(\.offset)
    var pace = WorkPace(transaction.flag)
    var matrix = DistanceMatrix(ids: sample.map(\.id))
    for position in offsets.indices {
      let nearest = try nearest(
        min(request.limit, sample.count - 1), to: position, of: offsets, view, &pace)
      matrix.neighbors.append(
        nearest.map {
          DistanceMatrix.Neighbor(
            position: Int($0.offset), score: view.distance.score(internal: $0.score))
        })
    }
    return matrix
  }

  /// The positions in the sample of the points nearest to that at `position`.
  private func nearest(
    _ count: Int, to position: Int, of offsets: [UInt32], _ view: any FieldView,
    _ pace: inout WorkPace
  ) throws(CollectionError) -> [Neighbor] {
    var nearest = TopK(capacity: count)
    guard let vector = try transaction.value(at: offsets[position], of: view) else { return [] }
    let scores = view.scores(finding: view.field.prepared(query: vector))
    for start in stride(from: 0, to: offsets.count, by: Self.block) {
      let end = min(offsets.count, start + Self.block)
      try pace.step((end - start) * Self.scoreSteps)
      let part = scores(Array(offsets[start..<end]))
      for (other, score) in zip(start..<end, part) where other != position {
        if let score { nearest.offer(offset: UInt32(other), score: score) }
      }
    }
    return nearest.sorted()
  }
}
