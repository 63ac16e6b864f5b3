import Foundation
import QdrantREST
import ServiceProcess
import Testing

/// Files that a server is configured with have bounds: what is no such file is told at once.
@Suite struct SettingsBoundsTests {
  private func problem(yaml: String) -> String? {
    do {
      let file = (path: "quiver.yaml", text: yaml)
      _ = try ServerSettings.load(SettingsSources(file: file))
      return nil
    } catch {
      return error.problems.joined(separator: "\n")
    }
  }

  /// Levels of sections that no setting has.
  private func nested(_ levels: Int) -> String {
    (0..<levels).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
      + String(repeating: " ", count: levels) + "b: 1\n"
  }

  private func withFile(bytes: UInt64, _ use: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "bound-\(UUID())").path
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: bytes)
    try file.close()
    try use(path)
  }

  /// As many as `depthMax`.
  @Test func levels() {
    #expect(problem(yaml: nested(15))?.contains("nested too deeply") != true)
    #expect(problem(yaml: nested(16))?.contains("nested too deeply") == true)
  }

  /// As many as `valuesMax`, names among them.
  @Test func values() {
    for (count, isTooMany) in [(5_000, false), (5_001, true)] {
      let yaml = (0..<count).map { "k\($0): 1\n" }.joined()
      let isRefused = problem(yaml: yaml)?.contains("too many values") == true
      #expect(isRefused == isTooMany)
    }
  }

  /// Up to `SettingsFile.bytesMax`.
  @Test func bytesOfAConfiguration() throws {
    for (bytes, isTooLarge) in [(UInt64(1) << 20, false), (1 << 20 + 1, true)] {
      try withFile(bytes: bytes) { path in
        var text = "taken"
        do throws(SettingsError) {
          _ = try SettingsSources<SettingKey>.process(config: path)
        } catch {
          text = error.problems.joined()
        }
        #expect(text.contains("has more than") == isTooLarge, "\(text)")
      }
    }
  }

  /// Up to `CertificateFile.bytesMax`.
  @Test func bytesOfCertificates() throws {
    for (bytes, reason) in [
      (UInt64(64) << 20, "holds no certificate"), (64 << 20 + 1, "has more than"),
    ] {
      try withFile(bytes: bytes) { path in
        let environment = ["QUIVER__TLS__CA_CERT": path, "QUIVER__SERVICE__ENABLE_TLS": "true"]
        let error = #expect(throws: SettingsError.self) {
          try ServerSettings.load(SettingsSources(environment: environment))
        }
        #expect(
          error?.problems.contains { $0.contains(reason) } == true, "\(error?.problems ?? [])")
      }
    }
  }
}
