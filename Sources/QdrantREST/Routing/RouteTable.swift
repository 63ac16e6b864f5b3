import HTTPTypes
import QdrantAPI

/// Finds the route of a request: a tree of path segments, where a literal goes before a parameter.
///
/// A segment's escapes are undone before it is compared, and only then is anything decided from it.
/// Empty segments do not count. Finding a route allocates nothing but the values of parameters.
struct RouteTable: Sendable {
  /// What a path leads to.
  enum Match {
    /// A route, and the segments that its parameters stand for, still escaped.
    case route(Route, values: [String])
    /// The path is known, but not with this method.
    case otherMethods([Route])
    case unknown
  }

  private struct Node {
    var literals: [(segment: [UInt8], child: Int)] = []
    var parameter: Int?
    /// What takes all that is left of a path, where nothing else does.
    var rest: Int?
    var routes: [Route] = []
  }

  /// Every route, as declared.
  let routes: [Route]
  private let nodes: [Node]

  init(_ routes: [Route]) {
    var nodes = [Node()]
    for route in routes {
      var place = 0
      for segment in route.template.split(separator: "/") {
        place = Self.child(of: place, for: segment, in: &nodes)
      }
      precondition(
        !nodes[place].routes.contains { $0.method == route.method },
        "\(route.method) \(route.template) is declared twice")
      nodes[place].routes.append(route)
    }
    self.nodes = nodes
    self.routes = routes
  }

  private static func child(
    of place: Int, for segment: Substring, in nodes: inout [Node]
  ) -> Int {
    if Route.isRest(segment) {
      if let child = nodes[place].rest { return child }
      nodes.append(Node())
      nodes[place].rest = nodes.count - 1
    } else if Route.parameter(in: segment) != nil {
      if let child = nodes[place].parameter { return child }
      nodes.append(Node())
      nodes[place].parameter = nodes.count - 1
    } else {
      let bytes = Array(segment.utf8)
      if let known = nodes[place].literals.first(where: { $0.segment == bytes }) {
        return known.child
      }
      nodes.append(Node())
      nodes[place].literals.append((bytes, nodes.count - 1))
    }
    return nodes.count - 1
  }

  /// The route of a path, which ends at its query, if it has one. `HEAD` is served by what serves
  /// `GET`.
  func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
    var path = path
    return path.withUTF8 { bytes in
      let end = bytes.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
      var search = Search(
        method: method == .head ? .get : method,
        path: UnsafeBufferPointer(rebasing: bytes[..<(end ?? bytes.count)]))
      if let route = find(from: 0, at: 0, &search) {
        return .route(route, values: search.values.map { search.text($0) })
      }
      return search.others.isEmpty ? .unknown : .otherMethods(search.others)
    }
  }

  /// One look-up under way.
  private struct Search {
    let method: HTTPRequest.Method
    let path: UnsafeBufferPointer<UInt8>
    var values: [Range<Int>] = []
    var others: [Route] = []

    func text(_ range: Range<Int>) -> String {
      String(decoding: UnsafeBufferPointer(rebasing: path[range]), as: UTF8.self)
    }

    /// Whether a path of these routes can lead anywhere with the right method: `points/nowhere`
    /// looks like the path of a point, and is none.
    func namesSomething(_ routes: [Route]) -> Bool {
      guard routes.first?.parameters.last == Route.pointID, let last = values.last else {
        return true
      }
      return PercentDecoding.decode(text(last)).flatMap(RequestDecoder.pointID) != nil
    }

    /// Whether the last parameter of these routes can be called what the path has in its place.
    func isName(for routes: [Route]) -> Bool {
      let isSnapshot = routes.first?.parameters.last == Route.snapshotName
      guard isSnapshot, let last = values.last else { return namesSomething(routes) }
      return text(last).hasSuffix(".snapshot")
    }

    func isEqual(_ range: Range<Int>, to literal: [UInt8]) -> Bool {
      let segment = path[range]
      if segment.elementsEqual(literal) { return true }
      guard segment.contains(UInt8(ascii: "%")) else { return false }
      return PercentDecoding.decode(text(range))?.utf8.elementsEqual(literal) ?? false
    }
  }

  private func find(from position: Int, at place: Int, _ search: inout Search) -> Route? {
    var start = position
    while start < search.path.count, search.path[start] == UInt8(ascii: "/") { start += 1 }
    let node = nodes[place]
    if start == search.path.count {
      // `GET …/points/query` is that path with a wrong method, and not about a point `query`.
      let isOther = !search.others.isEmpty && !search.isName(for: node.routes)
      if isOther || node.routes.isEmpty { return nil }
      if let route = node.routes.first(where: { $0.method == search.method }) { return route }
      if search.namesSomething(node.routes) { search.others += node.routes }
      return nil
    }
    var end = start
    while end < search.path.count, search.path[end] != UInt8(ascii: "/") { end += 1 }
    for literal in node.literals where search.isEqual(start..<end, to: literal.segment) {
      if let route = find(from: end, at: literal.child, &search) { return route }
    }
    for (child, upTo) in [(node.parameter, end), (node.rest, search.path.count)] {
      guard let child else { continue }
      search.values.append(start..<upTo)
      if let route = find(from: upTo, at: child, &search) { return route }
      search.values.removeLast()
    }
    return nil
  }
}
