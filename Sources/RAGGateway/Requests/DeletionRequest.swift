import FastJSON
import PointModel

/// Reads what is to be removed: exactly one of `chunk_ids`, `document` and `filter`.
package enum DeletionRequest {
  private static let members = ["chunk_ids", "document", "filter", "keep"]

  /// Reads the body of `DELETE /upload/chunks`.
  package static func selection(
    _ body: [UInt8]
  ) throws(GatewayError) -> DocumentService.Selection {
    let root = try RequestBody.object(body)
    var problems: [FieldProblem] = root.keys.filter { !members.contains($0) }.prefix(100)
      .map { .unexpected([.name("body"), .name($0)]) }
    var selections: [DocumentService.Selection] = []
    if let list = root["chunk_ids"], let ids = texts(list, "chunk_ids", &problems) {
      selections.append(.chunks(ids))
    }
    let kept = root["keep"].flatMap { texts($0, "keep", &problems) }
    if let name = root["document"] {
      if let text = name.identifierText, !text.isEmpty {
        selections.append(.document(text, keeping: Set(kept ?? [])))
      } else {
        problems.append(.notString([.name("body"), .name("document")]))
      }
    } else if kept != nil {
      problems.append(.missing([.name("body"), .name("document")]))
    }
    if let filter = QuestionRequest.filter(root["filter"], &problems) {
      if filter.isEmpty {
        problems.append(problem("A filter that everything passes removes nothing here"))
      } else {
        selections.append(.filter(filter))
      }
    }
    if problems.isEmpty, selections.count != 1 {
      problems.append(problem("Say what to remove by one of `chunk_ids`, `document`, `filter`"))
    }
    guard problems.isEmpty, let selection = selections.first else {
      throw .unprocessable(problems)
    }
    return selection
  }

  private static func problem(_ message: String) -> FieldProblem {
    FieldProblem(location: [.name("body")], message: message, type: "value_error")
  }

  private static func texts(
    _ value: JSONValue, _ name: String, _ problems: inout [FieldProblem]
  ) -> [String]? {
    let place: [FieldProblem.Step] = [.name("body"), .name(name)]
    guard let elements = value.arrayValue else {
      problems.append(.notList(place))
      return nil
    }
    let texts = elements.compactMap(\.identifierText)
    if texts.count != elements.count { problems.append(.notString(place)) }
    return texts
  }
}
