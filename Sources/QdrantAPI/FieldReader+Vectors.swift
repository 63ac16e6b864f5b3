import FastJSON
import PointModel

extension FieldReader {
  /// Values of all vectors of a multivector together; it has fewer.
  private static let multivectorValuesMax = 1 << 20

  /// A vector of any kind: a list of numbers, a list of such lists, indices and values, or what it
  /// is to be made of.
  ///
  /// - Parameter allowsEmpty: whether a list may be empty, for a fault that is told later.
  func vector(
    for purpose: DocumentDecoder.Purpose = .searching, allowsEmpty: Bool = false
  ) throws(DecodingFault) -> VectorValue {
    if element.kind == .object {
      if DocumentDecoder.isDocument(self) {
        return try DocumentDecoder.vector(self, for: purpose)
      }
      return .sparse(try sparseVector())
    }
    var values: [Float] = []
    switch element.appendFloats(to: &values) {
    case .copied:
      if values.isEmpty, !allowsEmpty { throw .validation("dense vector must not be empty") }
      return .dense(values)
    case .notANumber(0) where element.array?.first(where: { _ in true })?.kind == .array:
      return .multi(try multiVector())
    case let failure:
      throw fault(of: failure, expected: "a vector")
    }
  }

  private func sparseVector() throws(DecodingFault) -> SparseVector {
    guard let object = element.object, object["indices"] != nil || object["values"] != nil else {
      throw unexpected("a vector")
    }
    let indices = try required("indices") { field throws(DecodingFault) in
      try field.map { index throws(DecodingFault) in
        UInt32(truncatingIfNeeded: try index.integer(.u32))
      }
    }
    let values = try required("values") { field throws(DecodingFault) in
      try field.floats(expected: "a sequence")
    }
    if indices.count != values.count {
      throw Self.invalid("must be the same length as indices").under("values")
    }
    guard let vector = SparseVector(indices: indices, values: values) else {
      throw Self.invalid("must be unique").under("indices")
    }
    return vector
  }

  /// A fault that Qdrant has no text for, only the name of a rule.
  private static func invalid(_ rule: String) -> DecodingFault {
    .validation("Validation error: \(rule) [{}]")
  }

  private func multiVector() throws(DecodingFault) -> MultiVector {
    var all: [Float] = []
    var lengths: [Int] = []
    try eachElement { field throws(DecodingFault) in
      let before = all.count
      try field.append(to: &all, expected: "a vector")
      lengths.append(all.count - before)
    }
    let dimension = lengths.first ?? 0
    let problem: String? =
      if lengths.contains(0) {
        "all vectors must be non-empty"
      } else if all.count >= Self.multivectorValuesMax {
        "Total size of all vectors (\(all.count)) must be less than \(Self.multivectorValuesMax)"
      } else {
        lengths.first { $0 != dimension }.map {
          "all vectors must have the same dimension, found vector with dimension \($0)"
        }
      }
    if let problem { throw DecodingFault.validation(problem).under("data") }
    guard let vector = MultiVector(dimension: dimension, values: all) else {
      throw DecodingFault.validation("multi vector must not be empty").under("data")
    }
    return vector
  }

  private func floats(expected: String) throws(DecodingFault) -> [Float] {
    var values: [Float] = []
    try append(to: &values, expected: expected)
    return values
  }

  private func append(to values: inout [Float], expected: String) throws(DecodingFault) {
    switch element.appendFloats(to: &values) {
    case .copied: return
    case let failure: throw fault(of: failure, expected: expected)
    }
  }

  private func fault(of failure: JSONFloatCopy, expected: String) -> DecodingFault {
    switch failure {
    case .notFinite(let index):
      return .format("number out of range, expected f32").under(index)
    case .notANumber(let index):
      guard let wrong = element.array?.dropFirst(index).first(where: { _ in true }) else {
        return unexpected(expected)
      }
      return FieldReader(wrong).unexpected("f32").under(index)
    case .copied, .notAnArray:
      return unexpected(expected)
    }
  }
}
