import FastJSON
import ProtoWire
import QdrantService
import TransportBase
import VectorDB

/// Writes one point of an answer.
typealias PointWriting = @Sendable (inout ProtoWriter, ScoredPoint, inout JSONRecordParser) -> Void

/// Answers whose points are read page by page and written as they come, so that only what is
/// written is held, and a page.
extension GRPCAnswer {
  /// What is written at most on the event loop, in bytes: about a tenth of a millisecond of it.
  private static let bytesInPlace = 32 << 10
  /// Up to so many points come at once, with memory of their own.
  private static let pointsAtOnce = 128
  /// A page, and what is written of it.
  private static let pageBytes = 2 << 20

  /// An answer of one list of points.
  ///
  /// - Parameters:
  ///   - beginning: what goes before the points.
  ///   - most: as many points as there may be.
  ///   - write: writes a point as an entry of the answer.
  /// - Throws: what reading throws, and what the budget says when there is no room.
  static func points(
    _ pages: consuming PointPages, most: Int,
    after beginning: ProtoWriter = ProtoWriter(reservingCapacity: 512),
    _ call: ServiceCall, timeField: UInt32 = 2, _ service: QdrantService,
    _ write: @escaping PointWriting
  ) async throws(ServiceError) -> GRPCAnswer {
    var pages = pages
    var answer = GRPCAnswer()
    var writer = beginning
    if most > pointsAtOnce { try answer.reserve(pageBytes, service.state) }
    while let page = try await nextPage(of: &pages) {
      writer = try await Self.write(page.points, writer, write)
      if page.endsList { break }
      try answer.append(writer.takeBytes(), service.state)
      try answer.reserve(pageBytes, service.state)
    }
    writer.time(timeField, of: call)
    try answer.append(writer.bytes, service.state)
    answer.settle()
    return answer
  }

  /// An answer of several lists of points, each a message of its own.
  ///
  /// - Throws: what reading throws, and what the budget says when there is no room.
  static func lists(
    _ pages: consuming PointPages, most: Int, _ call: ServiceCall, _ service: QdrantService,
    _ write: @escaping PointWriting
  ) async throws(ServiceError) -> GRPCAnswer {
    var pages = pages
    var answer = GRPCAnswer()
    var list = (place: 0, start: 0)
    if most > pointsAtOnce { try answer.reserve(pageBytes, service.state) }
    while let page = try await nextPage(of: &pages) {
      let writer = try await Self.write(page.points, ProtoWriter(reservingCapacity: 512), write)
      try answer.append(writer.bytes, service.state)
      if most > pointsAtOnce { try answer.reserve(pageBytes, service.state) }
      if page.endsList {
        var head = ProtoWriter()
        head.beginMessage(1, of: answer.count - list.start)
        answer.insert(head.bytes, at: list.place)
        list = (answer.pieces.count, answer.count)
      }
    }
    var end = ProtoWriter()
    end.time(2, of: call)
    try answer.append(end.bytes, service.state)
    answer.settle()
    return answer
  }

  private static func nextPage(
    of pages: inout PointPages
  ) async throws(ServiceError) -> PointPages.Page? {
    do throws(CollectionError) {
      return try await pages.next()
    } catch {
      throw .engine(error)
    }
  }

  /// Writes points in place, and those that make it long on threads that may be held up.
  private static func write(
    _ points: [ScoredPoint], _ beginning: ProtoWriter, _ write: @escaping PointWriting
  ) async throws(ServiceError) -> ProtoWriter {
    var writer = beginning
    var parser = JSONRecordParser()
    var position = 0
    while position < points.count, writer.bytes.count < bytesInPlace,
      points[position].record.byteCount <= BlockingWork.bytesWorthAHop
    {
      write(&writer, points[position], &parser)
      position += 1
    }
    if position == points.count { return writer }
    let (begun, first) = (writer, position)
    do {
      return try await BlockingWork.run {
        var writer = begun
        var parser = JSONRecordParser()
        for point in points[first...] { write(&writer, point, &parser) }
        return writer
      }
    } catch {
      throw .engine(.shuttingDown)
    }
  }
}
