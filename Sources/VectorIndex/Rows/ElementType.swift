import CVectorKernels

/// What the numbers of a column's rows are kept as. Queries are turned into the same before they
/// are compared with rows, but for codes.
public enum ElementType: Sendable, Hashable {
  /// As they come.
  case float32
  /// Rounded to the nearest IEEE binary16; ±65,504 beyond that.
  case float16
  /// Cut to whole numbers from 0 to 255.
  case uint8
  /// Codes of four bits, from which vectors come back nearly as they were.
  case turbo4

  /// Those of which every number of a vector has bytes of its own.
  public static let ofNumbers: [ElementType] = [.float32, .float16, .uint8]

  /// Bytes of a vector of `dimension` numbers.
  public func bytes(of dimension: Int) -> Int {
    switch self {
    case .float32: 4 * dimension
    case .float16: 2 * dimension
    case .uint8: dimension
    case .turbo4: TurboCode.rowBytes(dimension: dimension)
    }
  }

  /// How kernels call it: those that have numbers.
  var code: vk_element {
    switch self {
    case .float32: VK_FLOAT32
    case .float16: VK_FLOAT16
    case .uint8: VK_UINT8
    case .turbo4: preconditionFailure("codes are not numbers")
    }
  }
}
