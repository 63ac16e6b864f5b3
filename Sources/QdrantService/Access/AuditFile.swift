import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The file that the audit log goes on in, and those before it.
final class AuditFile: Sendable {
  private struct State {
    var descriptor: Int32 = -1
    var name = ""
  }

  private let settings: AuditLog.Settings
  private let state = Mutex(State())

  init(_ settings: AuditLog.Settings) {
    self.settings = settings
  }

  deinit {
    state.withLock { state in if state.descriptor >= 0 { _ = close(state.descriptor) } }
  }

  /// Goes on in the file of that name. The oldest go when there are too many. Blocking.
  func open(_ name: String) throws(AuditFault) {
    try state.withLock { state throws(AuditFault) in try open(name, &state) }
  }

  /// Appends lines to the file of that name. Blocking.
  ///
  /// - Throws: ``AuditFault`` when not all of them could be written.
  func append(_ lines: [UInt8], to name: String) throws(AuditFault) {
    try state.withLock { state throws(AuditFault) in
      if state.name != name { try open(name, &state) }
      var written = 0
      while written < lines.count {
        let count = lines[written...].withUnsafeBytes {
          Glibc.write(state.descriptor, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw AuditFault(path: name, errnoCode: errno) }
        written += count
      }
    }
  }

  private func open(_ name: String, _ state: inout State) throws(AuditFault) {
    let path = settings.folder + "/" + name
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw AuditFault(path: path, errnoCode: errno) }
    if state.descriptor >= 0 { _ = close(state.descriptor) }
    state.descriptor = descriptor
    state.name = name
    removeOld()
  }

  /// Leaves the latest files; their names are in the order of time.
  private func removeOld() {
    for name in Self.names(in: settings.folder).dropLast(max(1, settings.filesMax)) {
      unlink(settings.folder + "/" + name)
    }
  }

  /// The files of a folder, the oldest first.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix("audit."), name.hasSuffix(".log") { names.append(name) }
    }
    return names.sorted()
  }
}
