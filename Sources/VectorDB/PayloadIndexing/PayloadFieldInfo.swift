public import PointModel

/// What a collection reports of an indexed field of its payloads.
public struct PayloadFieldInfo: Sendable, Equatable {
  /// Where the field is.
  public var path: PayloadPath
  /// Its index, as a client asked for it.
  public var schema: PayloadFieldSchema
  /// Points with a value that is indexed; 0 until the index is ready.
  public var pointsCount: Int
  /// Whether filters use the index.
  public var isReady: Bool
}
