import FastJSON
import PointModel

/// What conditions are asked about: a point, or an object inside of its payload.
struct FilterSubject {
  /// The parsed payload; may be `nil` when no condition looks into it.
  let payload: JSONElement?
  /// What belongs to the point as a whole; `nil` for an object inside of its payload.
  let point: Point?
  /// What ends conditions early.
  let pace: PayloadPace

  struct Point {
    let id: PointID
    let hasVector: (String) -> Bool
  }
}
