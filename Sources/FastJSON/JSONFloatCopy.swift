/// The outcome of copying an array of numbers as 32-bit floats.
public enum JSONFloatCopy: Sendable, Equatable {
  /// Every element was copied; the payload is how many there were.
  case copied(Int)
  /// The element with this number is not a number.
  case notANumber(Int)
  /// The element with this number exceeds the range of a 32-bit float.
  case notFinite(Int)
  /// The value is not an array.
  case notAnArray
}
