/// The whole of an index at one moment: what a reader holds.
///
/// SAFETY: `heads` is filled in `init`, never written again, and freed in `deinit`; the addresses
/// in it stay valid because `lists` holds their memory.
final class IVFGeneration: @unchecked Sendable {
  let quantizer: CoarseQuantizer
  let lists: [InvertedList]
  /// One head a list.
  let heads: UnsafeMutablePointer<ListHead>
  /// Lists without an entry, which no search looks at.
  let emptyLists: [Int]
  /// Rows below this offset are in the lists.
  let coveredRows: UInt32
  let calibration: Calibration
  /// Rows below ``coveredRows`` that are in no list, because distances from them can't be
  /// estimated: every search scores them. Ascending.
  let strays: [UInt32]
  /// Entries of all lists.
  let entryCount: Int

  init(
    quantizer: CoarseQuantizer, lists: [InvertedList], coveredRows: UInt32,
    calibration: Calibration, strays: [UInt32]
  ) {
    precondition(lists.count == quantizer.count, "a list for every centroid")
    self.quantizer = quantizer
    self.lists = lists
    self.coveredRows = coveredRows
    self.calibration = calibration
    self.strays = strays
    self.entryCount = lists.reduce(0) { $0 + $1.entryCount }
    self.emptyLists = lists.indices.filter { lists[$0].entryCount == 0 }
    self.heads = .allocate(capacity: max(1, lists.count))
    for (number, list) in lists.enumerated() {
      (heads + number).initialize(to: ListHead(list))
    }
  }

  deinit { heads.deallocate() }
}
