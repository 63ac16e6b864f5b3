package import FastJSON
package import PointModel

/// Reads what another transport brings of settings and documents, as the JSON that they would have
/// in a request of the REST API: so both have the same rules.
package enum JSONValueDecoder {
  /// The configuration of a new collection, defaults filled in.
  package static func collection(_ value: JSONValue) throws(DecodingFault) -> CollectionConfig {
    try read(value, CollectionConfigDecoder.config)
  }

  /// Changes of a collection's configuration.
  package static func change(_ value: JSONValue) throws(DecodingFault) -> CollectionConfigChange {
    try read(value, CollectionConfigDecoder.change)
  }

  /// How a field of payloads is indexed: a type's name, or an object of parameters.
  package static func payloadSchema(
    _ value: JSONValue
  ) throws(DecodingFault) -> PayloadFieldSchema {
    try read(value, PayloadIndexDecoder.schema)
  }

  /// What a new vector of a collection is: an object of its kind.
  package static func vectorDeclaration(
    _ value: JSONValue
  ) throws(DecodingFault) -> VectorDeclaration {
    try read(value, VectorNameDecoder.declaration)
  }

  /// The vector of a text, an image or another object that a model makes it of.
  ///
  /// - Parameter isStored: whether it is kept, and not searched with.
  package static func documentVector(
    _ value: JSONValue, isStored: Bool
  ) throws(DecodingFault) -> VectorValue {
    try read(value) { field throws(DecodingFault) in
      try DocumentDecoder.vector(field, for: isStored ? .storing : .searching)
    }
  }

  private static func read<Settings>(
    _ value: JSONValue, _ decode: (FieldReader) throws(DecodingFault) -> Settings
  ) throws(DecodingFault) -> Settings {
    let text = value.serialized()
    let document = text.withUnsafeBytes { bytes in
      Result { () throws(JSONSyntaxError) in try JSONDocument(parsing: bytes) }
    }
    switch document {
    case .success(let document): return try decode(FieldReader(document.root))
    case .failure(let error): throw .format(error.message)
    }
  }
}
