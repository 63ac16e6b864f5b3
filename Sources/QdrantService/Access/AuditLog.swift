#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Who asked for what, and whether it was allowed: one JSON object a line, in files that begin anew
/// every day or hour. Questions, vectors and payloads are not in it.
///
/// Lines are handed to the kernel by a thread of their own, in the order in which callers were let
/// in, and not synced. A call is answered when its lines are there (``settle(_:)``), so that nobody
/// but those who are written down waits for a slow disk. Nothing is left out as long as the disk
/// takes it; when it does not, that is told once, and the server goes on.
public final class AuditLog: Sendable {
  /// Where lines go, and how many files stay.
  public struct Settings: Sendable, Equatable {
    /// How long one file goes on.
    public enum Rotation: String, Sendable, CaseIterable {
      case daily, hourly
    }

    /// The folder of the files.
    public var folder: String
    /// How long one file goes on.
    public var rotation: Rotation
    /// Files that stay; the oldest go first.
    public var filesMax: Int
    /// Whether who calls is told by `Forwarded` or `X-Forwarded-For`, as a proxy sets it.
    public var trustsForwarding: Bool
    /// Whether lines tell the path or the call; those of callers who were not let in always do.
    public var namesAPI: Bool

    /// Files in `folder`.
    public init(
      folder: String, rotation: Rotation = .daily, filesMax: Int = 7,
      trustsForwarding: Bool = false, namesAPI: Bool = true
    ) {
      self.folder = folder
      self.rotation = rotation
      self.filesMax = filesMax
      self.trustsForwarding = trustsForwarding
      self.namesAPI = namesAPI
    }
  }

  /// What a line says, in its order.
  public typealias Members = [(name: String, value: String)]

  /// How a line is written, and read again.
  public struct Form: Sendable {
    let encode: @Sendable (Members) -> [UInt8]
    let decode: @Sendable ([UInt8]) -> Members?

    /// - Parameters:
    ///   - encode: writes a line as an object of JSON.
    ///   - decode: reads one; `nil` for what is no such line.
    public init(
      encode: @escaping @Sendable (Members) -> [UInt8],
      decode: @escaping @Sendable ([UInt8]) -> Members?
    ) {
      self.encode = encode
      self.decode = decode
    }
  }

  /// Where lines go.
  public let settings: Settings
  let form: Form
  private let writer: AuditWriter

  /// Makes the folder, and the first file.
  ///
  /// - Parameters:
  ///   - form: how a line is written.
  ///   - onFailure: told when lines are lost.
  /// - Throws: ``AuditFault`` when the folder can't be written to.
  public init(
    _ settings: Settings, form: Form,
    onFailure: @escaping @Sendable (String) -> Void
  ) throws(AuditFault) {
    self.settings = settings
    self.form = form
    try Self.makeFolder(settings.folder)
    let file = AuditFile(settings)
    try file.open(Self.name(of: .now, settings.rotation))
    guard let writer = AuditWriter(file, onFailure: onFailure) else {
      throw AuditFault(path: settings.folder, errnoCode: EAGAIN)
    }
    self.writer = writer
  }

  deinit { writer.stop() }

  /// Waits until the lines of a call are with the kernel, or are lost.
  func settle(_ receipt: AuditReceipt) async { await writer.settle(receipt) }

  /// Has one line written.
  func write(
    _ caller: Caller, _ action: ServiceAction?, on collection: String?, refusal: ServiceError?
  ) {
    if action?.isAudited == false { return }
    let moment = Moment.now
    var members: Members = []
    func member(_ name: String, _ value: String?) {
      if let value { members.append((name, value)) }
    }
    member("timestamp", moment.text)
    member("method", action?.rawValue)
    let isLetIn = action != nil
    member("api", settings.namesAPI || !isLetIn ? caller.origin?.api : nil)
    member("auth_type", caller.credential.rawValue)
    member("subject", caller.subject)
    member("remote", caller.origin?.remote)
    member("collection", collection)
    member("tracing_id", caller.origin?.tracingID)
    member("result", refusal == nil ? "ok" : "denied")
    // Why somebody was not let in has no kind in its text, as that goes out as it is.
    let kind = isLetIn ? "" : refusal?.kind == .forbidden ? "Forbidden: " : "Unauthorized: "
    member("error", (refusal?.text).map { kind + $0 })
    writer.give(
      form.encode(members) + [0x0A], in: Self.name(of: moment, settings.rotation),
      caller.origin?.receipt)
  }

  /// The files that there are, the oldest first.
  func fileNames() -> [String] { AuditFile.names(in: settings.folder) }

  private static func makeFolder(_ path: String) throws(AuditFault) {
    var made = path.hasPrefix("/") ? "/" : ""
    for step in path.split(separator: "/") {
      made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + step
      if mkdir(made, 0o750) != 0, errno != EEXIST {
        throw AuditFault(path: made, errnoCode: errno)
      }
    }
  }

  private static func name(of moment: Moment, _ rotation: Settings.Rotation) -> String {
    // 2026-11-28T13:45:10.123456Z
    let text = moment.text
    switch rotation {
    case .daily: return "audit.\(text.prefix(10)).log"
    case .hourly: return "audit.\(text.prefix(10))-\(text.dropFirst(11).prefix(2)).log"
    }
  }

  /// A moment as lines tell it.
  private struct Moment {
    let text: String

    static var now: Moment {
      var now = timespec()
      clock_gettime(CLOCK_REALTIME, &now)
      var parts = tm()
      gmtime_r(&now.tv_sec, &parts)
      var text = [CChar](repeating: 0, count: 32)
      let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
      let seconds = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let micros = String(now.tv_nsec / 1000)
      return Moment(
        text: seconds + "." + String(repeating: "0", count: 6 - micros.count) + micros + "Z")
    }
  }
}

/// Why the audit log can't be written.
public struct AuditFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or the folder.
  public let path: String
  /// What the system says.
  public let errnoCode: Int32

  /// One sentence.
  public var description: String {
    "the audit log \(path) can't be written: \(String(cString: strerror(errnoCode)))"
  }
}
