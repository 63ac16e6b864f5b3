import FastJSON
import PointModel

/// Decides whether a point passes a filter, by Qdrant's rules for values that are missing,
/// `null`, arrays or of another type. For one thread at a time.
struct FilterEvaluator {
  private let filter: CompiledFilter
  /// Whether some condition looks into payloads; otherwise they need not be read.
  let needsPayload: Bool
  private let payloads = Payloads()
  private let pace: PayloadPace

  /// Parses one payload after another.
  private final class Payloads {
    var parser = JSONRecordParser()
  }

  /// Prepares what does not depend on points. Fields without an entry in `text` are matched as
  /// text without an index.
  ///
  /// - Parameter flag: ends it early, with an error.
  init(_ filter: Filter, text: TextFields = TextFields(), flag: CancellationFlag) {
    pace = PayloadPace(flag)
    self.filter = CompiledFilter(filter, text: text, pace)
    self.needsPayload = self.filter.needsPayload
  }

  /// Parses `payload` when the filter needs it, and evaluates.
  func passes(
    id: PointID, payload: UnsafeRawBufferPointer, hasVector: @escaping (String) -> Bool
  ) throws(CollectionError) -> Bool {
    pace.begin(payloadBytes: needsPayload ? payload.count : 0)
    guard needsPayload else {
      return try passes(nil, .init(id: id, hasVector: hasVector))
    }
    let root: JSONElement
    do {
      root = try payloads.parser.parse(payload)
    } catch {
      throw .storage("the payload of point \(id) is damaged: \(error.message)")
    }
    return try passes(root, .init(id: id, hasVector: hasVector))
  }

  private func passes(
    _ payload: JSONElement?, _ point: FilterSubject.Point
  ) throws(CollectionError) -> Bool {
    let passes = filter.passes(FilterSubject(payload: payload, point: point, pace: pace))
    try pace.check()
    return passes
  }
}
