import FastJSON
import PointModel
import VectorIndex

/// Scores points by a formula: what they scored in prefetches, their ids and vectors, and, where
/// the formula asks for them, their payloads, which are read for that.
struct FormulaScoring {
  private let transaction: ReadTransaction
  private let formula: CompiledFormula
  private let pace: PayloadPace

  init(_ formula: Formula, in transaction: ReadTransaction) {
    self.transaction = transaction
    pace = PayloadPace(transaction.flag)
    self.formula = CompiledFormula(
      formula, text: transaction.payloadIndexes.text,
      indexType: { transaction.collection.fieldSchema(at: $0)?.params.type }, pace)
  }

  /// The best of `rows`, which are those of all `sources`; none scores less than `threshold`.
  func best(
    _ count: Int, of sources: [[Candidate]], rows: [UInt32], threshold: Float?
  ) throws(CollectionError) -> [Candidate] {
    let known = sources.map { points in
      Dictionary(points.map { ($0.offset, $0.score) }) { _, last in last }
    }
    var best = TopK(capacity: min(count, rows.count))
    try pace.check()
    func take(
      _ offset: UInt32, payload: JSONElement?, id: PointID?
    ) throws(CollectionError) {
      let point = id.map { id in
        FilterSubject.Point(id: id) { transaction.hasVector($0, at: offset) }
      }
      let score = try formula.score(
        FormulaSubject(
          sources: known, offset: offset,
          filtered: FilterSubject(payload: payload, point: point, pace: pace)))
      try pace.check()
      if score >= threshold ?? score { best.offer(offset: offset, score: score) }
    }
    if formula.needsPayload {
      var parser = JSONRecordParser()
      try transaction.visitRecords(at: rows) { (index, record) throws(CollectionError) in
        let payload: JSONElement
        do throws(JSONSyntaxError) {
          payload = try parser.parse(record.payload)
        } catch {
          throw .storage("the payload of point \(record.id) is damaged: \(error.message)")
        }
        pace.begin(payloadBytes: record.payload.count)
        try take(rows[index], payload: payload, id: record.id)
      }
    } else {
      var rowPace = WorkPace(transaction.flag)
      for offset in rows {
        try rowPace.step(16)
        try take(
          offset, payload: nil, id: formula.hasConditions ? transaction.id(of: offset) : nil)
      }
    }
    return best.sorted().map { Candidate(offset: $0.offset, score: $0.score) }
  }
}
