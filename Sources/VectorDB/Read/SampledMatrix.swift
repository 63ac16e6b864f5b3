import PointModel
import VectorIndex

/// The distances within a random sample of points. Blocking.
struct SampledMatrix {
  let transaction: ReadTransaction
  let flag: CancellationFlag

  func matrix(_ request: MatrixRequest) throws(CollectionError) -> DistanceMatrix {
    let slot = try transaction.collection.slot(named: request.using, context: "using")
    let filter = Filter(
      must: (request.filter.map { [.filter($0)] } ?? []) + [.hasVector(slot.name)])
    let offsets = try RandomSample(transaction: transaction, flag: flag)
      .offsets(request.sample, filter: filter)
    guard offsets.count >= 2 else { return DistanceMatrix() }
    var sample: [(id: PointID, vector: [Float])] = []
    let column = transaction.columns[slot.position]
    try transaction.visitRecords(at: offsets) { (index, view) throws(CollectionError) in
      if let vector = column.row(offsets[index]) { sample.append((view.id, vector)) }
    }
    sample.sort { $0.id < $1.id }
    var matrix = DistanceMatrix(ids: sample.map(\.id))
    for position in sample.indices {
      if flag.isCancelled { throw .timedOut("the search was given up") }
      var nearest = TopK(capacity: min(request.limit, sample.count - 1))
      for other in sample.indices where other != position {
        nearest.offer(
          offset: UInt32(other),
          score: VectorMath.score(slot.metric, sample[position].vector, sample[other].vector))
      }
      matrix.neighbors.append(
        nearest.sorted().map {
          DistanceMatrix.Neighbor(
            position: Int($0.offset), score: slot.distance.score(internal: $0.score))
        })
    }
    return matrix
  }
}
