import Foundation
import ServiceProcess
import Testing

@Suite struct SecretFileTests {
  private func resolve(_ environment: [String: String]) throws -> [String: String] {
    try SecretFile.resolve(["KEY"], in: environment)
  }

  private func withFile(_ contents: [UInt8], _ use: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())")
    try Data(contents).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try use(file.path)
  }

  @Test(arguments: ["abc", "abc\n", "abc\r\n", "abc\n\n"])
  func `the file's contents take the variable's place`(text: String) throws {
    try withFile(Array(text.utf8)) { path in
      let resolved = try resolve(["KEY_FILE": path, "X": "y"])
      #expect(resolved == ["KEY": "abc", "X": "y"])
    }
  }

  @Test func `without a file all stays as it is`() throws {
    #expect(try resolve(["KEY": "abc", "OTHER_FILE": "/x"]) == ["KEY": "abc", "OTHER_FILE": "/x"])
    #expect(try resolve(["KEY_FILE": ""]) == [:])
  }

  /// As what has more than `SecretFile.bytesMax`.
  @Test func `what can't be used is told in a sentence that names the variable`() throws {
    let missing = #expect(throws: SecretFileError.self) {
      try resolve(["KEY_FILE": "/does/not/exist"])
    }
    #expect(
      missing?.description
        == "KEY_FILE: the secret /does/not/exist cannot be read: No such file or directory")
    try withFile(Array("\n".utf8)) { path in
      let error = #expect(throws: SecretFileError.self) { try resolve(["KEY_FILE": path]) }
      #expect(error?.reason.hasSuffix("is empty") == true)
    }
    try withFile([0xFF, 0xFE]) { path in
      #expect(throws: SecretFileError.self) { try resolve(["KEY_FILE": path]) }
    }
    try withFile([UInt8](repeating: 0x61, count: 64 << 10)) { path in
      let resolved = try resolve(["KEY_FILE": path])
      #expect(resolved["KEY"]?.utf8.count == 64 << 10)
    }
    try withFile([UInt8](repeating: 0x61, count: 64 << 10 + 1)) { path in
      #expect(throws: SecretFileError.self) { try resolve(["KEY_FILE": path]) }
    }
    try withFile(Array("abc".utf8)) { path in
      let error = #expect(throws: SecretFileError.self) {
        try resolve(["KEY_FILE": path, "KEY": "other"])
      }
      #expect(error?.description.contains("other") == false)
    }
  }

  /// And has no more than `RequestID.bytesMax`.
  @Test func `a caller's request id is kept if it can be written anywhere`() {
    for good in ["a-1.b/c", String(repeating: "a", count: 128)] {
      #expect(RequestID.accept(good) == good)
    }
    for bad in [nil, "", "a b", "a\nb", "ä", "\"", String(repeating: "a", count: 129)] {
      let made = RequestID.accept(bad)
      #expect(made != bad && made.wholeMatch(of: /[0-9a-f]{16}/) != nil)
    }
  }
}
