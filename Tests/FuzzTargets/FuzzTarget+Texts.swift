import AccessTokens
import Foundation
import PointModel
import QdrantREST
import RAGGateway
import SentenceEmbedding
import ServiceProcess

/// Small languages of texts: names, dates, settings, documents.
extension FuzzTarget {
  /// The way to a value in a payload.
  static let payloadPath = text(
    "payload-path",
    ["a", "a.b[].c[0]", "\"a b\".c", "a[18446744073709551615]", "$x.y-z[]", "\"\\\"\".\u{e9}"]
  ) { PayloadPath($0) != nil }

  /// Values of one line, a target each.
  static let texts: [FuzzTarget] = [
    text(
      "point-id",
      ["6f1f8f3e-2f6a-4e1b-8a4e-3f2d1c0b9a87", "urn:uuid:6f1f8f3e2f6a4e1b8a4e3f2d1c0b9a87"]
    ) {
      PointUUID($0) != nil
    },
    text(
      "datetime",
      [
        "2024-02-29T23:59:60.999999999+14:00", "2024-01-01", "2024-01-01 10:00:00",
        "-9999-01-01T00:00Z",
      ]
    ) { Datetime($0) != nil },
    text("token", [TokenKey(secret: "k").token(of: TokenClaims())]) { token in
      (try? TokenKey(secret: "k").claims(of: token, now: 0)) != nil
    },
  ]

  /// The settings of both servers.
  static let settingsFiles: [FuzzTarget] = [
    text("settings/server", serverSettings) { text in
      (try? ServerSettings.load(SettingsSources(file: ("fuzz.yaml", text)))) != nil
    },
    text("settings/gateway", gatewaySettings) { text in
      (try? GatewaySettings(SettingsSources(file: ("fuzz.yaml", text)))) != nil
    },
  ]

  /// What the gateway reads besides requests, a target each.
  static let gatewayTexts: [FuzzTarget] = [
    text(
      "gateway/reply",
      [
        "<think>{</think>```json\n{\"title\":\"T\",\"summary\":\"S [1].\",\"confidence\":0.5}\n```",
        "{\"a\":{\"title\":\"}\"}} {\"title\":\"T\",\"summary\":\"S\",\"confidence\":87}",
      ]
    ) { (try? InsightDraft(reply: $0)) != nil },
    documents,
  ]

  private static func text(
    _ name: String, _ samples: [String], read: @escaping @Sendable (String) -> Bool
  ) -> FuzzTarget {
    FuzzTarget(
      name: name,
      example: { source in
        let sample = Array(samples[source.number(below: samples.count)].utf8)
        guard source.chance(4) else { return sample }
        // Two of them, cut anywhere.
        let other = Array(samples[source.number(below: samples.count)].utf8)
        return Array(sample.prefix(source.number(below: sample.count)))
          + other.suffix(source.number(below: other.count))
      },
      read: { read(String(decoding: $0, as: UTF8.self)) })
  }

  private static let serverSettings = [
    "log_level: INFO\nstorage:\n  storage_path: ./x\n  performance: {max_search_threads: 0}\n",
    "service: &s\n  http_port: 6333\n  api_key: 'a: b'\n  enable_tls: false\ncluster: *s\n",
    "telemetry_disabled: true\nservice: {host: \"::\", grpc_port: ~, max_request_size_mb: 32}\n",
  ]

  private static let gatewaySettings = [
    "app_port: 8080\napp_log_level: info\nqdrant_vector_store: {url: 'http://x:6333', k: 5}\n",
    "embeddings: {provider: local, batch: 8}\nllm:\n  provider: extractive\nauth: ~\n",
  ]

  /// Files that are uploaded and ingested: the kind, and then what it is read as.
  private static let documents = FuzzTarget(
    name: "gateway/document",
    example: { source in
      let kind = source.number(below: DocumentKind.allCases.count)
      let sample = Array(documentSamples[source.number(below: documentSamples.count)].utf8)
      return [UInt8(kind)] + (source.chance(20) ? sample.flatMap { [$0, 0] } : sample)
    },
    read: { bytes in
      guard let first = bytes.first else { return false }
      let kinds = DocumentKind.allCases
      let kind = kinds[Int(first) % kinds.count]
      guard let decoded = try? DecodedText(Array(bytes.dropFirst())),
        let ending = kind.extensions.first
      else { return false }
      let document = DocumentReader.document(decoded.text, name: "x.\(ending)")
      return !PassageMaker.chunks(of: document, name: "x.\(ending)").isEmpty
    })

  private static let documentSamples = [
    "# Title\n\nSome text. More *text*.\n\n- a\n- b\n\n```\ncode\n```\n",
    "## Table\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAnd a word.\n",
    "<html><head><title>T</title></head><body><h1>H</h1><p>One.<table><tr><td>x</table></body>",
    "a;b;c\n1;\"two; and\n a half\";3\n",
    "{\"title\":\"T\",\"items\":[{\"text\":\"One.\"},2,null]}",
    "{\"cells\":[{\"cell_type\":\"markdown\",\"source\":[\"# H\\n\",\"x\"]}],\"metadata\":{}}",
    "From: a@b\nSubject: =?utf-8?q?x?=\nContent-Type: text/plain; charset=latin1\n\nHello.\n",
    "NAME\n       thing - does it\n\nOPTIONS\n       -x     One. Two.\n\n1. Why?\n\nBecause.\n",
    String(repeating: "word ", count: 300) + String(repeating: "x", count: 3000),
  ]

  /// A vocabulary of letters reads any text.
  static let wordPieces: FuzzTarget = {
    let pieces =
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + letters + letters.map { "##" + $0 }
    let path = temporaryFile(Array(pieces.joined(separator: "\n").utf8))
    let tokenizer = try? WordPieceTokenizer(vocabularyPath: path, size: pieces.count)
    unlink(path)
    return text(
      "word-pieces",
      [
        "abc [MASK] \u{e9}e\u{301} \u{4e2d}\u{6587} [UNK",
        "\u{1f468}\u{200d}\u{1f469} \u{fffd}\u{0} \u{200b}",
        String(repeating: "a", count: 300),
      ]
    ) { (tokenizer?.encode($0, limit: 256).count ?? 0) > 2 }
  }()

  private static let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map {
    String(UnicodeScalar($0))
  }
}
