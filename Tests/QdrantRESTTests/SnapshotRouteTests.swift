import Foundation
import HTTPTypes
import QdrantREST
import Testing
import VectorDB

@Suite struct SnapshotRouteTests {
  private static func settings() -> ServerSettings {
    var settings = ServerSettings()
    settings.snapshotsPath =
      FileManager.default.temporaryDirectory.appending(path: "quiver-snapshots-\(UUID())").path
    return settings
  }

  @Test func aSnapshotIsMadeListedReadAndDeleted() async throws {
    let settings = Self.settings()
    defer { try? FileManager.default.removeItem(atPath: settings.snapshotFolder.path) }
    try await ServerFixture.runWithPoints(settings) { server in
      for base in ["/collections/c/snapshots", "/snapshots"] {
        let made = try await server.send(.post, base)
        #expect(made.status == 200)
        let name = try #require(
          made.text.firstMatch(of: /"name":"([^"]+)"/).map { String($0.1) })
        let list = try await server.send(.get, base)
        #expect(list.text.contains(name))
        let missing = try await server.send(.get, base + "/none.snapshot")
        #expect(missing.status == 404)
        #expect(missing.error == "Not found: Snapshot none.snapshot not found")
        let file = try await server.send(.get, "\(base)/\(name)")
        #expect(file.status == 200)
        #expect(file.headers[.contentType] == "application/octet-stream")
        #expect(file.text.hasPrefix("QUIVSNAP"))
        let deleted = try await server.send(.delete, "\(base)/\(name)")
        #expect(deleted.timeless == #"{"result":true,"status":"ok"}"#)
        let none = try await server.send(.get, base)
        #expect(none.timeless == #"{"result":[],"status":"ok"}"#)
      }
    }
  }

  @Test(arguments: [
    (#"{"location":"https://example.org/x"}"#, 403), (#"{"location":"file:///etc/passwd"}"#, 403),
    (#"{"location":"x"}"#, 400), (#"{}"#, 400), (#"{"location":1}"#, 400),
    (#"{"location":"file:///etc/passwd","priority":"all"}"#, 400),
  ])
  func locationsAreChecked(_ body: String, _ status: Int) async throws {
    try await ServerFixture.runWithPoints(Self.settings()) { server in
      let answer = try await server.send(.put, "/collections/c/snapshots/recover", body)
      #expect(answer.status == status)
      #expect(answer.error != nil)
    }
  }

  @Test func urlsThatLeadNowhereAreNamed() async throws {
    var settings = Self.settings()
    settings.enableSnapshotURLRecovery = true
    defer { try? FileManager.default.removeItem(atPath: settings.snapshotFolder.path) }
    try await ServerFixture.runWithPoints(settings) { server in
      let answer = try await server.send(
        .put, "/collections/c/snapshots/recover", #"{"location":"http://127.0.0.1:1/x"}"#)
      #expect(answer.status == 400)
      let expected = "Bad request: Failed to download snapshot from http://127.0.0.1:1/x: "
      #expect(answer.error?.hasPrefix(expected + "could not connect") == true)
    }
  }

  @Test func uploadsHaveALimitOfTheirOwn() async throws {
    var settings = Self.settings()
    settings.maxSnapshotUploadMB = 1
    defer { try? FileManager.default.removeItem(atPath: settings.snapshotFolder.path) }
    try await ServerFixture.runWithPoints(settings) { server in
      let type = HTTPFields(dictionaryLiteral: (.contentType, "multipart/form-data; boundary=b"))
      let answer = try await server.send(
        .post, "/collections/c/snapshots/upload", String(repeating: "x", count: 2 << 20),
        headers: type)
      #expect(answer.status == 413)
    }
  }
}

@Suite struct MultipartFileTests {
  private static let type = #"multipart/form-data; boundary="a b""#

  private func parse(
    _ body: String, pieces: Int
  ) throws -> (text: String, isFound: Bool, isComplete: Bool) {
    var parser = try #require(MultipartFile(contentType: Self.type, name: "snapshot"))
    var found: [UInt8] = []
    let bytes = Array(body.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      try parser.feed(bytes[start..<min(bytes.count, start + pieces)]) {
        found.append(contentsOf: $0)
      }
    }
    return (String(decoding: found, as: UTF8.self), parser.isFound, parser.isComplete)
  }

  @Test(arguments: [1, 2, 3, 7, 10_000])
  func thePartIsFoundHoweverTheBodyIsCut(pieces: Int) throws {
    let content = "\r\n--a\r\n--a c\r\r\n-\0--"
    let body =
      "before\r\n--a b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nno\r\n--a b\r\n"
      + "content-type: a/b\r\nCONTENT-DISPOSITION: form-data; name=snapshot; filename=\"f\"\r\n\r\n"
      + content + "\r\n--a b\r\nContent-Disposition: form-data; name=\"snapshot\"\r\n\r\nagain"
      + "\r\n--a b--\r\nafter"
    let parsed = try parse(body, pieces: pieces)
    #expect(parsed.text == content)
    #expect(parsed.isFound && parsed.isComplete)
    let cut = try parse(String(body.dropLast(12)), pieces: pieces)
    #expect(!cut.isComplete)
    let empty = try parse("--a b\r\n\r\n\r\n--a b--", pieces: pieces)
    #expect(!empty.isFound && empty.isComplete && empty.text.isEmpty)
  }

  /// Of `boundaryBytesMax` and `headersBytesMax`.
  @Test func boundariesAndHeadersHaveBounds() throws {
    for (length, isTaken) in [(200, true), (201, false)] {
      let type = "multipart/form-data; boundary=" + String(repeating: "b", count: length)
      #expect((MultipartFile(contentType: type, name: "snapshot") != nil) == isTaken)
    }
    // A piece whose headers go on is read to the end of the next one.
    let most = "x: " + String(repeating: "y", count: 16 << 10 - 5)
    #expect(try !parse("--a b\r\n" + most, pieces: 1000).isFound)
    #expect(throws: RESTError.self) { try parse("--a b\r\n" + most + "y", pieces: 1000) }
  }

  @Test func endlessHeadersAreRefused() {
    #expect(throws: RESTError.self) {
      try parse("--a b\r\nx: " + String(repeating: "y", count: 100_000), pieces: 1000)
    }
    #expect(MultipartFile(contentType: "application/json", name: "snapshot") == nil)
    #expect(MultipartFile(contentType: "multipart/form-data", name: "snapshot") == nil)
  }
}
