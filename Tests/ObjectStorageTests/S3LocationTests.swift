import ObjectStorage
import Testing

/// Addresses of object stores.
@Suite struct S3LocationTests {
  @Test func partsOfAnAddress() throws {
    let here = try S3Location(url: "s3://backups/quiver/a/", endpoint: "http://127.0.0.1:8333/")
    #expect(here.bucket == "backups" && here.prefix == "quiver/a/")
    #expect(here.endpoint == "http://127.0.0.1:8333" && here.isPathStyle)
    let amazon = try S3Location(url: "s3://backups", region: "eu-central-1")
    #expect(amazon.prefix.isEmpty && !amazon.isPathStyle)
    #expect(amazon.endpoint == "https://s3.eu-central-1.amazonaws.com")
  }

  @Test(arguments: [
    ("http://backups/a", "http://backups/a does not begin with s3://"),
    ("s3://", "s3:// names no bucket: 3 to 63 of a-z, 0-9, `-` and `.`"),
    ("s3://Ab/c", "s3://Ab/c names no bucket: 3 to 63 of a-z, 0-9, `-` and `.`"),
    (
      "s3://backups/a b",
      "`a b` in s3://backups/a b has other characters than letters, digits, `-`, `_` and `.`"
    ),
    (
      "s3://backups/../x",
      "`..` in s3://backups/../x has other characters than letters, digits, `-`, `_` and `.`"
    ),
  ])
  func whatIsNone(_ url: String, _ sentence: String) {
    let error = #expect(throws: S3LocationError.self) { try S3Location(url: url) }
    #expect(error?.description == sentence)
  }
}
