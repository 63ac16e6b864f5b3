import CSimdJSON

extension JSONElement {
  /// Appends an array of numbers of any length, each rounded to a double and then to a 32-bit
  /// float. Unless the result is `.copied`, the array is as it was.
  public func appendFloats(to array: inout [Float]) -> JSONFloatCopy {
    document.withTape { tape in
      guard tape.kind(at: index) == .array else { return .notAnArray }
      let count = tape.count(ofContainerAt: index)
      let start = array.count
      array.append(contentsOf: repeatElement(0, count: count))
      let outcome = array.withUnsafeMutableBufferPointer { buffer in
        copy(count, from: tape, to: buffer.baseAddress.map { $0 + start })
      }
      if outcome != .copied(count) { array.removeLast(count) }
      return outcome
    }
  }

  private func copy(
    _ count: Int, from tape: JSONTape, to destination: UnsafeMutablePointer<Float>?
  ) -> JSONFloatCopy {
    var failed = 0
    return switch csimdjson_copy_floats(tape.words, index, destination, count, &failed) {
    case csimdjson_floats_not_a_number: .notANumber(failed)
    case csimdjson_floats_not_finite: .notFinite(failed)
    default: .copied(count)
    }
  }
}
