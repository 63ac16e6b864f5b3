import FastJSON
import PointModel
import QdrantAPI

/// Reads a filter in the form that Qdrant has.
enum FilterBody {
  /// The filter in `value`.
  ///
  /// - Throws: `GatewayError.badRequest` with what is wrong with it.
  static func filter(_ value: JSONValue) throws(GatewayError) -> Filter {
    let body = JSONValue.object(["filter": value, "limit": .integer(1)]).serialized()
    let filter: Filter?
    do throws(RequestError) {
      filter = try RequestDecoder.scroll(RequestDecoder.document(body)).filter
    } catch {
      throw .badRequest("\(error)")
    }
    guard let filter else { throw .badRequest("the filter is empty") }
    return filter
  }
}
