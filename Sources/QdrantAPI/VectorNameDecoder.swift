import FastJSON
import PointModel

/// Reads the bodies that add vectors to a collection.
enum VectorNameDecoder {
  /// `{"dense": …}` or `{"sparse": …}`, with only what can't be changed later.
  static func declaration(_ body: FieldReader) throws(DecodingFault) -> VectorDeclaration {
    if let dense = try body.optional("dense", dense) { return .dense(dense) }
    if let sparse = try body.optional("sparse", sparse) { return .sparse(sparse) }
    throw .format("data did not match any variant of untagged enum VectorNameConfig")
  }

  private static func dense(_ field: FieldReader) throws(DecodingFault) -> VectorParams {
    var params = try CollectionConfigDecoder.vectorParams(field)
    params.settings = .init()
    return params
  }

  private static func sparse(_ field: FieldReader) throws(DecodingFault) -> SparseVectorParams {
    let settings = try SettingsSchema.newSparseVector.read(field)
    var params = JSONObjectValue()
    params["modifier"] = settings["modifier"]
    if let datatype = settings["datatype"] { params["index"] = .object(["datatype": datatype]) }
    return SparseVectorParams(settings: params)
  }
}
