import Replication
import Testing

/// What manifests may tell of parts of files.
@Suite struct StoredFileTests {
  private static let checksum = String(repeating: "a1", count: 32)

  @Test(arguments: [(0, true), (StoredPart.bytesMax, true), (StoredPart.bytesMax + 1, false)])
  func partsHaveABound(bytes: Int, isOne: Bool) {
    #expect((StoredPart(checksum: Self.checksum, bytes: bytes) != nil) == isOne)
  }

  @Test(arguments: ["", "a1", checksum.uppercased(), checksum + "a", "../" + checksum.dropFirst(3)])
  func namesAreChecksums(checksum: String) {
    #expect(StoredPart(checksum: checksum, bytes: 1) == nil)
  }
}
