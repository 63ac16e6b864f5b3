import FastJSON
import Hummingbird
import QdrantAPI
import TransportBase
import VectorDB

/// An answer in Qdrant's envelope that is written piece by piece, as fast as its reader takes it:
/// small ones in one piece where they are, what is larger, or has a large point, on threads that
/// may be held up.
struct AnswerPieces: Sendable {
  /// What is written at most on the event loop, in bytes: about a tenth of a millisecond of it.
  private static let bytesInPlace = 32 << 10
  /// Up to this length an answer is sent as a whole, with its length.
  private static let bytesAtOnce = 1 << 20
  /// The pieces of longer ones.
  private static let pieceBytes = 256 << 10

  private let context: RESTContext
  private var writer = JSONWriter(reservingCapacity: 512)
  private var steps: AnswerSteps
  private var step = 0
  private var pages: PointPages?
  private let layout: PointsLayout
  private var isInList = false
  /// What comes behind the points, for clients that asked for it.
  private var explanation: QueryExplanation?

  /// An answer that is known in full.
  init(_ steps: AnswerSteps, _ context: RESTContext, _ explanation: QueryExplanation? = nil) {
    self.explanation = explanation
    self.context = context
    self.steps = steps
    layout = .records
    ResponseEnvelope.begin(&writer)
  }

  /// An answer whose points are read while it is sent.
  init(
    _ pages: PointPages, _ layout: PointsLayout, _ context: RESTContext,
    _ explanation: QueryExplanation? = nil
  ) {
    self.explanation = explanation
    self.context = context
    self.pages = pages
    self.layout = layout
    steps = AnswerSteps(count: 0) { _, _ in }
    ResponseEnvelope.begin(&writer)
    layout.begin(&writer)
  }

  /// The answer, at least its beginning.
  func response() async throws -> Response {
    var pieces = self
    var hasMore = try await pieces.write(upTo: Self.bytesInPlace, elsewhere: false)
    if hasMore { hasMore = try await pieces.write(upTo: Self.bytesAtOnce, elsewhere: true) }
    if !hasMore { return RESTResponse.json(.ok, pieces.writer.bytes) }
    let begun = pieces
    let body = ResponseBody { writer in
      var pieces = begun
      var hasMore = true
      while hasMore {
        try await writer.write(ByteBuffer(bytes: pieces.writer.takeBytes()))
        hasMore = try await pieces.write(upTo: Self.pieceBytes, elsewhere: true)
      }
      try await writer.write(ByteBuffer(bytes: pieces.writer.takeBytes()))
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: RESTResponse.jsonType], body: body)
  }

  /// Writes until there are so many bytes.
  ///
  /// - Returns: whether more is to come.
  private mutating func write(upTo bytes: Int, elsewhere: Bool) async throws -> Bool {
    while true {
      if elsewhere || steps.itemBytes > BlockingWork.bytesWorthAHop {
        let (before, steps, first) = (writer, steps, step)
        (writer, step) = try await BlockingWork.run {
          var writer = before
          let next = steps.write(from: first, to: &writer, upTo: bytes)
          return (writer, next)
        }
      } else {
        step = steps.write(from: step, to: &writer, upTo: bytes)
      }
      if step < steps.count || writer.bytes.count >= bytes { return true }
      guard let page = try await pages?.next() else { break }
      open(page)
    }
    if pages != nil { layout.end(&writer) }
    if let explanation {
      writer.key("explain")
      writer.write(explanation)
    }
    ResponseEnvelope.end(&writer, seconds: context.elapsedSeconds)
    return false
  }

  /// Goes on with the points of `page`.
  private mutating func open(_ page: PointPages.Page) {
    steps = layout.steps(of: page.points, listEnds: page.listEnds, isInList: isInList)
    step = 0
    if page.points.count > page.listEnds.last ?? 0 {
      isInList = true
    } else if !page.listEnds.isEmpty {
      isInList = false
    }
  }
}
