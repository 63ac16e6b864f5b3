import HTTPTypes
import Hummingbird
import QdrantService

/// One entry of the route table: all that is to be known of a route before it is called.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, RESTContext) async throws -> Response

  /// The parameter that is a collection's name.
  static let collectionName = "collection_name"
  /// The parameter that is a point's id.
  static let pointID = "id"
  /// The parameter that is a snapshot's name.
  static let snapshotName = "snapshot_name"

  let method: HTTPRequest.Method
  /// The path, with the names of parameters in braces; also the route's name in figures. A name
  /// that ends with three dots stands for all that is left of a path, at least one segment.
  let template: String
  /// What it does: whether the caller may is asked before the body is read.
  let action: ServiceAction
  let handler: Handler
  /// Names of the parameters in the order of the path.
  let parameters: [String]
  /// Where among the parameters the name of the collection is that it is about; `nil` for none.
  let collectionIndex: Int?
  /// Whether it is about points, whose requests are held against the limit of slow ones.
  let isAboutPoints: Bool

  init(
    _ method: HTTPRequest.Method, _ template: String, _ action: ServiceAction,
    _ handler: @escaping Handler
  ) {
    self.method = method
    self.template = template
    self.action = action
    self.handler = handler
    isAboutPoints = template.contains("/points")
    parameters = template.split(separator: "/").compactMap(Self.parameter)
    collectionIndex = parameters.firstIndex(of: Self.collectionName)
  }

  /// Whether the path names a collection.
  var isAboutCollection: Bool { collectionIndex != nil }

  /// The name in a segment that stands for a parameter.
  static func parameter(in segment: some StringProtocol) -> String? {
    guard segment.first == "{", segment.last == "}" else { return nil }
    return String(segment.dropFirst().dropLast(isRest(segment) ? 4 : 1))
  }

  /// Whether a segment stands for all that is left of a path.
  static func isRest(_ segment: some StringProtocol) -> Bool { segment.hasSuffix("...}") }
}
