import CVectorKernels

/// A row where it lies in memory: a word with the number of its elements and what follows, their
/// indices, ascending, and their weights in the shortest of the forms that ``SparseRowForm`` has.
struct SparseRow {
  /// What kernels take.
  let layout: vk_sparse_row
  /// Whether weights may be other ones than those that were written.
  let isRounded: Bool

  init(_ address: UnsafeRawPointer) {
    let word = Int(address.load(as: UInt32.self))
    let count = word & (1 << SparseRowForm.countBits - 1)
    let mark = word >> SparseRowForm.countBits
    let values = address + 4 + 4 * count
    var codes: UnsafePointer<UInt8>?
    var form = VK_SPARSE_FLOATS
    switch mark {
    case 0: break
    case SparseRowForm.markOfHalves: form = VK_SPARSE_HALVES
    case SparseRowForm.markOfSteps:
      form = VK_SPARSE_STEPS
      codes = (values + 8).assumingMemoryBound(to: UInt8.self)
    default:
      form = VK_SPARSE_DIFFERENT
      let different = (mark - 1) % SparseRowForm.mostDifferent + 1
      codes = (values + 4 * different).assumingMemoryBound(to: UInt8.self)
    }
    isRounded = mark > SparseRowForm.mostDifferent
    layout = vk_sparse_row(
      indices: (address + 4).assumingMemoryBound(to: UInt32.self), weights: values, codes: codes,
      count: count, form: form)
  }

  var count: Int { layout.count }
  var indices: UnsafePointer<UInt32> { layout.indices }

  /// The weight of the element in this place.
  func weight(_ element: Int) -> Float {
    withUnsafePointer(to: layout) { vk_sparse_weight($0, element) }
  }
}
