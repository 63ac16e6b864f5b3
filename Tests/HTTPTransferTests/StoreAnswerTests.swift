import HTTPTransfer
import ObjectStorage
import Testing

/// Answers of an object store have bounds: that of objects is far beyond that of all others.
@Suite struct StoreAnswerTests {
  /// What a store that announces so many bytes, and sends none of them, makes of a question.
  private func outcome(
    announcing bytes: Int, _ ask: (S3Store) async throws(ObjectStoreError) -> Void
  ) async throws -> String {
    let server = try ScriptedServer { _ in
      [.send("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: \(bytes)\r\n\r\n"), .close]
    }
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    let location = try S3Location(url: "s3://bucket/a", endpoint: server.url)
    let store = S3Store(location, client: HTTPClient(), retry: retry)
    do throws(ObjectStoreError) {
      try await ask(store)
      return ""
    } catch {
      return "\(error)"
    }
  }

  /// Of `answerBytesMax`.
  @Test(arguments: [(16 << 20, false), (16 << 20 + 1, true)])
  func lists(bytes: Int, isTooLarge: Bool) async throws {
    let told = try await outcome(announcing: bytes) { store throws(ObjectStoreError) in
      _ = try await store.list("log/", after: nil)
    }
    #expect(told.contains("\(HTTPClientError.tooLarge)") == isTooLarge, "\(told)")
  }

  /// Of `objectBytesMax`.
  @Test(arguments: [(6 << 30, false), (6 << 30 + 1, true)])
  func objects(bytes: Int, isTooLarge: Bool) async throws {
    let told = try await outcome(announcing: bytes) { store throws(ObjectStoreError) in
      _ = try await store.get("key")
    }
    #expect(told.contains("\(HTTPClientError.tooLarge)") == isTooLarge, "\(told)")
  }
}
