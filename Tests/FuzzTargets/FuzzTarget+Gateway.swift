import FastJSON
import RAGGateway

/// What the gateway is asked in other forms than its own, and what a provider streams to it.
extension FuzzTarget {
  /// One target for each.
  static let gatewayForms: [FuzzTarget] = [form, chat, embeddings, tools, stream]

  private static let form = FuzzTarget(
    name: "gateway/form",
    example: { source in
      var body = ""
      for number in 0...source.number(below: 3) {
        let name = source.chance(2) ? "filename=\"a%22\(number).txt\"" : "filename*=UTF-8''%e2.md"
        body += "--edge\r\nContent-Disposition: form-data; name=\"f\"; \(name)\r\n"
        body += "Content-Type: text/plain\r\n\r\nbytes\r\n--edg\r\n"
      }
      return Array((body + "--edge--\r\n").utf8)
    },
    read: { bytes in
      guard let boundary = FileBody.boundary(in: "multipart/form-data; boundary=\"edge\""),
        let form = try? FileBody.split(Array(bytes), boundary: boundary)
      else { return false }
      for file in form.files {
        precondition(file.content.lowerBound >= 0 && file.content.upperBound <= bytes.count)
      }
      return true
    })

  private static let chat = gateway(
    "chat",
    #"""
    {"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":
    [{"type":"text","text":"One?"}]},{"role":"assistant","content":"Yes."},
    {"role":"user","content":"Why?"}],"n":1,"stream":true,"stream_options":{"include_usage":true}}
    """#,
    #"{"messages":[{"role":"user","content":"What?"}],"k":3,"filter":{"must":[]}}"#
  ) { bytes in (try? ChatRequest(Array(bytes), limits: GatewayLimits())) != nil }

  private static let embeddings = gateway(
    "embeddings", #"{"input":["one","two"],"model":"m","encoding_format":"base64"}"#,
    #"{"input":"one","dimensions":384.0,"encoding_format":null}"#
  ) { bytes in
    guard let request = try? EmbeddingsRequest(Array(bytes), limits: GatewayLimits()) else {
      return false
    }
    return request.isAnswered(by: 384)
  }

  private static let tools = gateway(
    "tools",
    #"{"name":"search","arguments":{"question":"What?","k":3,"filter":{"must":[]}}}"#,
    #"{"name":"upload","arguments":{"text":"Some text.","title":"T","document":"d","id":7}}"#,
    #"{"name":"ask","arguments":{"question":"What?"}}"#
  ) { bytes in
    guard case .object(let message)? = try? JSONValue(parsing: Array(bytes)),
      case .string(let name)? = message["name"],
      case .object(let arguments)? = message["arguments"]
    else { return false }
    return (try? ToolArguments(arguments, of: name, limits: GatewayLimits())) != nil
  }

  private static func gateway(
    _ name: String, _ samples: String...,
    read: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
  ) -> FuzzTarget {
    let maker = JSONMaker(samples)
    return FuzzTarget(
      name: "gateway/\(name)", example: { maker.text(&$0) }, alter: { maker.alter(&$0, &$1) },
      read: read)
  }

  /// A provider's events in pieces: the first byte says how long these are.
  private static let stream = FuzzTarget(
    name: "gateway/stream",
    example: { source in
      let samples = [
        "data: {\"choices\":[{\"delta\":{\"content\":\"H\u{e9} \"},\"finish_reason\":null}]}\n\n",
        "data:{\"choices\":[{\"delta\":{\"refusal\":\"No\"},\"finish_reason\":\"length\"}]}\r\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2.0}}\n\n",
        ": a comment\n\nevent: x\ndata: {\"error\":{\"message\":\"busy\"}}\n\n", "data: [DONE]\n\n",
      ]
      let text = (0..<4).map { _ in samples[source.number(below: samples.count)] }.joined()
      return [UInt8(source.number(below: 40))] + Array(text.utf8)
    },
    read: { bytes in
      guard let first = bytes.first else { return false }
      let said = Said()
      let stream = ChatStream { said.add($0) }
      var rest = bytes.dropFirst()
      while !rest.isEmpty {
        let piece = rest.prefix(1 + Int(first))
        rest = rest.dropFirst(piece.count)
        guard stream.take(UnsafeRawBufferPointer(rebasing: piece)) else { return false }
      }
      guard let reply = stream.reply else { return false }
      precondition(reply.content == said.text, "what was said is not the answer")
      return true
    })
}
