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
    let read: Result<Filter?, GatewayError> = body.withUnsafeBytes { bytes in
      do throws(RequestError) {
        return .success(try RequestDecoder.scroll(bytes).filter)
      } catch {
        return .failure(.badRequest("\(error)"))
      }
    }
    guard let filter = try read.get() else { throw .badRequest("the filter is empty") }
    return filter
  }
}
