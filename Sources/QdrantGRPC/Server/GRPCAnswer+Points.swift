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
      writer = try await Self.write(page.points[...], writer, write)
      if !page.listEnds.isEmpty { break }
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
      var (points, ends) = (page.points[...], page.listEnds[...])
      // What a page has of a list that has begun before is a piece of its own.
      if answer.count > list.start, let end = ends.popFirst() {
        let writer = try await Self.write(points[..<end], ProtoWriter(), write)
        try answer.append(writer.bytes, service.state)
        var head = ProtoWriter()
        head.beginMessage(1, of: answer.count - list.start)
        answer.insert(head.bytes, at: list.place)
        points = points[end...]
      }
      if let end = ends.last {
        try answer.append(try await Self.write(points, ends, write).bytes, service.state)
        points = points[end...]
      }
      if !page.listEnds.isEmpty { list = (answer.pieces.count, answer.count) }
      // And so is the beginning of one that goes on.
      if !points.isEmpty {
        let writer = try await Self.write(points, ProtoWriter(), write)
        try answer.append(writer.bytes, service.state)
      }
      if most > pointsAtOnce { try answer.reserve(pageBytes, service.state) }
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

  /// Writes whole lists of points, which end where `ends` says; many, and large points, on threads
  /// that may be held up.
  private static func write(
    _ points: ArraySlice<ScoredPoint>, _ ends: ArraySlice<Int>, _ write: @escaping PointWriting
  ) async throws(ServiceError) -> ProtoWriter {
    let making: @Sendable () -> ProtoWriter = {
      var writer = ProtoWriter(reservingCapacity: 512)
      var parser = JSONRecordParser()
      var first = points.startIndex
      for end in ends {
        writer.message(1) { writer in
          for point in points[first..<end] { write(&writer, point, &parser) }
        }
        first = end
      }
      return writer
    }
    if points.count + ends.count <= pointsAtOnce,
      points.reduce(0, { $0 + $1.record.byteCount }) <= bytesInPlace
    {
      return making()
    }
    return try await elsewhere(making)
  }

  /// Writes points in place, and those that make it long on threads that may be held up.
  private static func write(
    _ points: ArraySlice<ScoredPoint>, _ beginning: ProtoWriter, _ write: @escaping PointWriting
  ) async throws(ServiceError) -> ProtoWriter {
    var writer = beginning
    var parser = JSONRecordParser()
    var rest = points
    while let point = rest.first, writer.bytes.count < bytesInPlace,
      point.record.byteCount <= BlockingWork.bytesWorthAHop
    {
      write(&writer, point, &parser)
      rest = rest.dropFirst()
    }
    if rest.isEmpty { return writer }
    let (begun, others) = (writer, rest)
    return try await elsewhere {
      var writer = begun
      var parser = JSONRecordParser()
      for point in others { write(&writer, point, &parser) }
      return writer
    }
  }

  private static func elsewhere(
    _ making: @escaping @Sendable () -> ProtoWriter
  ) async throws(ServiceError) -> ProtoWriter {
    do {
      return try await BlockingWork.run(making)
    } catch {
      throw .engine(.shuttingDown)
    }
  }
}
