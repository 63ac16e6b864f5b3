import FastJSON
import Hummingbird
import QdrantAPI
public import QdrantService
import TransportBase

/// The lines of the audit log, for whoever may do everything.
struct AuditController: Sendable {
  let services: RESTServices

  @Sendable func search(_ request: Request, _ context: RESTContext) async throws -> Response {
    let call = context.call(try ReadParameters(request).timeoutSeconds)
    let decode = QdrantAPI.RequestDecoder.auditLogs
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { query in
      let audit = try await services.api.openAudit(call)
      let entries = try await BlockingWork.run { isCancelled in
        try services.api.auditEntries(of: audit, query, call, isCancelled: isCancelled)
      }
      return RESTResponse.ok(context) { writer in
        writer.beginObject()
        writer.key("entries")
        writer.beginArray()
        for members in entries { writer.write(members) }
        writer.endArray()
        writer.endObject()
      }
    }
  }
}

extension AuditLog.Form {
  /// An object of JSON a line.
  public static let json = AuditLog.Form(
    encode: { members in
      var writer = JSONWriter(reservingCapacity: 256)
      writer.write(members)
      return writer.bytes
    },
    decode: { line in
      guard let object = try? JSONDocument(parsing: line).root.object else { return nil }
      return object.compactMap { name, value in value.string.map { (name, $0) } }
    })
}

extension JSONWriter {
  fileprivate mutating func write(_ members: AuditLog.Members) {
    beginObject()
    for (name, value) in members {
      key(name)
      string(value)
    }
    endObject()
  }
}

extension JSONWriter {
  /// Writes where the audit log is kept, as telemetry tells it.
  ///
  /// - Parameter bytes: how large it is; `nil` not to tell it.
  mutating func write(_ settings: AuditLog.Settings, bytes: Int?) {
    beginObject()
    key("dir")
    string(settings.folder)
    key("rotation")
    string(settings.rotation.rawValue)
    key("max_log_files")
    integer(settings.filesMax)
    key("trust_forwarded_headers")
    bool(settings.trustsForwarding)
    key("log_api")
    bool(settings.namesAPI)
    if let bytes {
      key("dir_size_bytes")
      integer(bytes)
    }
    endObject()
  }
}
