import RAGGateway
import Testing

@Suite struct FileBodyTests {
  private static func form(_ text: String) -> [UInt8] {
    Array(text.replacing("\n", with: "\r\n").utf8)
  }

  @Test func `files are found among the fields of a form`() throws {
    let body = Self.form(
      """
      --xx
      Content-Disposition: form-data; name="note"

      not a file
      --xx
      content-disposition: form-data; name="file"; filename="C:\\\\papers\\\\a %22b%22.txt"
      Content-Type: text/plain

      first
      --x no boundary

      --xx
      Content-Disposition: form-data; name="file"; filename="empty.md"


      --xx--

      """)
    let found = try FileBody.split(body, boundary: "xx")
    #expect(found.files.map(\.name) == ["a \"b\".txt", "empty.md"])
    #expect(found.fields == ["note"])
    let contents = found.files.map { String(decoding: body[$0.content], as: UTF8.self) }
    #expect(contents == ["first\r\n--x no boundary\r\n", ""])
  }

  @Test func `a form that broke off anywhere is refused`() throws {
    let body = Self.form(
      "--xx\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\n\ntext\n--xx--")
    #expect(try FileBody.split(body, boundary: "xx").files.map(\.name) == ["a.txt"])
    for count in 0..<body.count {
      #expect(throws: GatewayError.self, "\(count) bytes") {
        try FileBody.split(Array(body[..<count]), boundary: "xx")
      }
    }
  }

  @Test(arguments: [
    ("multipart/form-data; boundary=abc", "abc"),
    ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", "a b"),
    ("multipart/form-data", nil), ("multipart/form-data; boundary=", nil),
    ("multipart/mixed; boundary=abc", nil), ("application/json", nil),
  ])
  func `the boundary stands in the type`(type: String, boundary: String?) {
    #expect(FileBody.boundary(in: type) == boundary)
  }
}
