import FastJSON

extension RemotePoints {
  /// Makes the collection and its payload indexes.
  ///
  /// A payload index that the server refuses is passed to `note`: searches answer the same
  /// without it, only slower.
  func create(
    _ blueprint: CollectionBlueprint, note: (String) -> Void
  ) async throws(TransferError) {
    let body = JSONValue.object(blueprint.configuration).serialized()
    do {
      _ = try await server.call(.put, path(), body: body)
    } catch {
      // Asked a second time after a lost answer, the server has it already.
      guard case .refused(_, 409, _) = error else { throw error }
    }
    for index in blueprint.indexes {
      let body = JSONValue.object([
        "field_name": .string(index.field), "field_schema": index.schema,
      ])
      do {
        _ = try await server.call(.put, path("/index?wait=true"), body: body.serialized())
      } catch {
        guard case .refused(_, let status, let reason) = error, [400, 404, 422].contains(status)
        else { throw error }
        note("\(collection): payload index on `\(index.field)` not made: \(reason)")
      }
    }
  }
}
