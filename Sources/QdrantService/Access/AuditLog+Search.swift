public import PointModel
import VectorDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension AuditLog {
  /// The newest lines that are asked for, the newest first: a file is read from its beginning, and
  /// no more of it is kept than is wanted. Blocking.
  ///
  /// - Parameter isCancelled: whether the caller's time is over.
  /// - Throws: ``AuditFault`` when a file can't be read.
  func entries(
    _ query: AuditQuery, isCancelled: () -> Bool
  ) throws(AuditFault) -> [Members] {
    var found: [Members] = []
    for name in fileNames().reversed() where mayHold(query, name) {
      if found.count >= query.limit || isCancelled() { break }
      found += try newest(query.limit - found.count, query, in: name, isCancelled).reversed()
    }
    return found
  }

  /// Bytes of all files.
  var byteCount: Int {
    fileNames().reduce(0) { sum, name in
      var status = stat()
      return sum + (stat(settings.folder + "/" + name, &status) == 0 ? Int(status.st_size) : 0)
    }
  }

  /// Whether a file of that name, which is that of its day or hour, may have lines of the time that
  /// is asked for.
  private func mayHold(_ query: AuditQuery, _ name: String) -> Bool {
    let date = name.dropFirst("audit.".count).dropLast(".log".count)
    let (day, hour) = (date.prefix(10), date.dropFirst(11))
    guard let start = Datetime("\(day)T\(hour.isEmpty ? "00" : String(hour)):00:00Z") else {
      return true
    }
    if let to = query.to, start >= to { return false }
    let end = Datetime(seconds: start.seconds + (hour.isEmpty ? 86_400 : 3600))
    if let from = query.from, end <= from { return false }
    return true
  }

  private func newest(
    _ count: Int, _ query: AuditQuery, in name: String, _ isCancelled: () -> Bool
  ) throws(AuditFault) -> [Members] {
    let path = settings.folder + "/" + name
    guard let file = fopen(path, "re") else {
      // It may have been the oldest one, which has gone meanwhile.
      if errno == ENOENT { return [] }
      throw AuditFault(path: path, errnoCode: errno)
    }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var window: [Members] = []
    while !isCancelled() {
      let length = getline(&line, &capacity, file)
      guard length >= 0, let line else { break }
      let bytes = UnsafeRawBufferPointer(start: line, count: length)
      guard let members = form.decode(Array(bytes)), Self.passes(members, query) else { continue }
      window.append(members)
      // Twice what is wanted is kept at most, so that little is moved.
      if window.count >= 2 * count { window.removeFirst(window.count - count) }
    }
    return Array(window.suffix(count))
  }

  private static func passes(_ members: Members, _ query: AuditQuery) -> Bool {
    func value(_ name: String) -> String? { members.first { $0.name == name }?.value }
    if query.from != nil || query.to != nil {
      guard let moment = value("timestamp").flatMap({ Datetime($0) }) else { return false }
      if let from = query.from, moment < from { return false }
      if let to = query.to, moment >= to { return false }
    }
    return query.filters.allSatisfy { name, wanted in
      name != "timestamp" && value(name) == wanted
    }
  }
}

extension QdrantService {
  /// Lets a caller search the audit log, whose lines say so before they are read.
  public func openAudit(_ call: ServiceCall) async throws(ServiceError) -> AuditLog {
    try admit(call, to: .getAuditLogs)
    guard let audit else { throw .engine(.badRequest("Audit logging is not enabled")) }
    await settle(call.caller.origin?.receipt)
    return audit
  }

  /// The newest lines of the audit log that are asked for, the newest first. Blocking.
  ///
  /// - Parameters:
  ///   - audit: the log, which the caller may search.
  ///   - isCancelled: whether nobody waits for them any more.
  public func auditEntries(
    of audit: AuditLog, _ query: AuditQuery, _ call: ServiceCall, isCancelled: () -> Bool
  ) throws(ServiceError) -> [AuditLog.Members] {
    let isOver = { call.deadline.map { $0 < .now } ?? false }
    let found: [AuditLog.Members]
    do throws(AuditFault) {
      found = try audit.entries(query) { isOver() || isCancelled() }
    } catch {
      throw .engine(.storage(error.description))
    }
    if isOver() {
      let seconds = call.timeoutSeconds ?? 0
      throw .engine(.timedOut("Operation 'Audit logs' timed out after \(seconds) seconds"))
    }
    return found
  }

  /// Where the audit log is kept, and how large it is; `nil` where there is none. Blocking.
  public var auditUse: (settings: AuditLog.Settings, bytes: Int)? {
    audit.map { ($0.settings, $0.byteCount) }
  }
}
