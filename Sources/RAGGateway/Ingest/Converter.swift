import FoundationEssentials
import Glibc

/// A program that turns files of a kind into text. Each is optional: where it is missing, files of
/// its kind fail with its name.
package struct Converter: Sendable {
  /// The program, looked for in `PATH`.
  package let program: String
  /// The Debian package that has it.
  package let package: String
  /// What its output is.
  package let output: DocumentKind
  private let arguments: @Sendable (String) -> [String]
  /// What is wrong with a file of which nothing is left.
  private let complaint: IngestError?

  /// Seconds that a program may take to turn a file into text.
  package static let secondsMax = 120

  /// The converter for files of `kind`; `nil` when they are read without one.
  package init?(_ kind: DocumentKind) {
    switch kind {
    case .pdf:
      program = "pdftotext"
      package = "poppler-utils"
      output = .plain
      arguments = { ["-enc", "UTF-8", "-nopgbrk", "-q", $0, "-"] }
      complaint = .scanned
    case .manual:
      program = "man"
      package = "man-db"
      output = .plain
      arguments = { ["-l", "-P", "cat", "--no-hyphenation", "--no-justification", $0] }
      complaint = nil
    case .docx, .odt, .epub, .rtf, .rst, .org, .latex:
      program = "pandoc"
      package = "pandoc"
      // Markdown has no tables whose cells hold more than a line: they would be left out.
      output = .html
      arguments = { Self.pandoc(kind.rawValue, $0) }
      complaint = nil
    case .plain, .markdown, .html, .table, .json, .notebook, .email: return nil
    }
  }

  /// Reads manual pages without opening any other file, whatever they ask for.
  static let sandboxedManual: Converter? = Converter(
    program: "pandoc", package: "pandoc", output: .html, arguments: { pandoc("man", $0) })

  private init(
    program: String, package: String, output: DocumentKind,
    arguments: @escaping @Sendable (String) -> [String]
  ) {
    self.program = program
    self.package = package
    self.output = output
    self.arguments = arguments
    complaint = nil
  }

  private static func pandoc(_ format: String, _ file: String) -> [String] {
    [
      "--from=\(format)", "--to=html", "--wrap=none", "--standalone", "--metadata=pagetitle:-",
      "--sandbox", "--", file,
    ]
  }

  /// What a file holds that `gzip` has packed, at most `limit` bytes, for which it has so many
  /// seconds.
  package static func unpacked(
    _ path: String, limit: Int, seconds: Int = secondsMax
  ) throws(IngestError) -> [UInt8] {
    let outcome: ChildProcess.Outcome
    do {
      outcome = try ChildProcess.run(
        "gzip", ["-dc", "--", path], environment: [], outputLimit: limit, seconds: seconds)
    } catch {
      throw switch error {
      case .notFound: .programMissing(program: "gzip", package: "gzip")
      case .tooMuch: .tooLarge(bytes: limit, limit: limit)
      case .tooLong: .unreadable("gzip took more than \(seconds) seconds")
      case .failed: .unreadable("gzip can't be run")
      }
    }
    guard outcome.status == 0 else { throw .unreadable("gzip can't read it") }
    return outcome.output
  }

  /// Whether the program is there.
  package var isInstalled: Bool { ChildProcess.find(program) != nil }

  /// The text of the file at `path`, at most `limit` bytes, for which the program has so many
  /// seconds.
  ///
  /// - Throws: `IngestError.programMissing` when the program is not installed.
  package func text(
    of path: String, limit: Int, seconds: Int = Converter.secondsMax
  ) throws(IngestError) -> String {
    // A name that begins with a hyphen must not be taken for an option.
    let file = path.hasPrefix("-") ? "./" + path : path
    let outcome: ChildProcess.Outcome
    do {
      outcome = try ChildProcess.run(
        program, arguments(file), environment: ["MANWIDTH=100", "LC_ALL=C.UTF-8", "MANROFFOPT=-c"],
        outputLimit: limit, seconds: seconds)
    } catch {
      throw switch error {
      case .notFound: .programMissing(program: program, package: package)
      case .tooLong: .unreadable("\(program) took more than \(seconds) seconds")
      case .tooMuch: .tooLarge(bytes: limit, limit: limit)
      case .failed: .unreadable("\(program) can't be run")
      }
    }
    guard outcome.status == 0 else {
      let reason = outcome.errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
      throw .unreadable("\(program) can't read it\(reason.isEmpty ? "" : ": \(reason)")")
    }
    let text = String(decoding: outcome.output, as: UTF8.self)
    if text.trimmed.isEmpty, let complaint { throw complaint }
    return program == "man" ? Self.withoutMargins(Self.withoutOverstrikes(text)) : text
  }

  /// Without the first and the last line, where these name the page, as in `CURL(1)  …  CURL(1)`.
  private static func withoutMargins(_ text: String) -> String {
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
    while lines.first?.trimmed.isEmpty == true { lines.removeFirst() }
    while lines.last?.trimmed.isEmpty == true { lines.removeLast() }
    guard let head = lines.first?.split(whereSeparator: \.isWhitespace), head.count > 1,
      let name = head.first, name.hasSuffix(")"), name.contains("("), head.last == name
    else { return text }
    lines.removeFirst()
    if lines.last?.trimmed.hasSuffix(name) == true { lines.removeLast() }
    return lines.joined(separator: "\n")
  }

  /// Bold and underlined letters are written twice with a backspace between, where at all.
  private static func withoutOverstrikes(_ text: String) -> String {
    guard text.unicodeScalars.contains("\u{8}") else { return text }
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\u{8}" { _ = kept.popLast() } else { kept.append(scalar) }
    }
    return String(kept)
  }
}

/// Runs a program without a shell and takes what it writes.
package enum ChildProcess {
  /// Bytes that are kept of what a program says went wrong.
  private static let complaintBytesMax = 64 << 10

  /// What came of a program.
  package struct Outcome: Sendable {
    /// Its exit code.
    package let status: Int32
    /// What it wrote.
    package let output: [UInt8]
    /// What it said went wrong.
    package let errors: String
  }

  /// Why there is no outcome.
  package enum Failure: Error {
    /// It isn't there, can't be run, or took or wrote more than it may.
    case notFound, failed, tooLong, tooMuch
  }

  /// Runs `program`, found in `PATH`, with nothing to read. Blocks until it ends; one that takes
  /// longer than `seconds` or writes more than `outputLimit` bytes is killed.
  package static func run(
    _ program: String, _ arguments: [String], environment extra: [String], outputLimit: Int,
    seconds: Int
  ) throws(Failure) -> Outcome {
    guard let path = find(program) else { throw .notFound }
    var output: [Int32] = [0, 0]
    var errors: [Int32] = [0, 0]
    guard pipe(&output) == 0 else { throw .failed }
    guard pipe(&errors) == 0 else {
      for end in output { close(end) }
      throw .failed
    }
    for end in output + errors { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let process = spawn(path, [program] + arguments, extra, output[1], errors[1])
    close(output[1])
    close(errors[1])
    defer {
      close(output[0])
      close(errors[0])
    }
    guard let process else { throw .failed }
    let read = collect(output[0], errors[0], limit: outputLimit, seconds: seconds)
    if read.failure != nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    if let failure = read.failure { throw failure }
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    return Outcome(
      status: code, output: read.output, errors: String(decoding: read.errors, as: UTF8.self))
  }

  /// Where `program` is, by `PATH`.
  static func find(_ program: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(program)" }
      .first { access($0, X_OK) == 0 }
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ extra: [String], _ output: Int32, _ errors: Int32
  ) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // Keys of the gateway and of the provider are not the program's to know.
    let names: [String] = ["PATH", "HOME", "TMPDIR"]
    let kept: [String] = names.compactMap { name in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
    let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let settings: [UnsafeMutablePointer<CChar>?] = (kept + extra).map { strdup($0) } + [nil]
    defer { for text in words + settings { free(text) } }
    var process = pid_t()
    let status = posix_spawn(&process, path, &actions, nil, words, settings)
    return status == 0 ? process : nil
  }

  private static func collect(
    _ output: Int32, _ errors: Int32, limit: Int, seconds: Int
  ) -> (output: [UInt8], errors: [UInt8], failure: Failure?) {
    let end = ContinuousClock.now + .seconds(seconds)
    var taken: [[UInt8]] = [[], []]
    var ends = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while ends.contains(where: { $0.fd >= 0 }) {
      let left = (end - ContinuousClock.now) / .milliseconds(1)
      guard left > 0 else { return (taken[0], taken[1], .tooLong) }
      let ready = poll(&ends, 2, Int32(min(left + 1, 60_000)))
      guard ready > 0 else { continue }
      for index in ends.indices where ends[index].fd >= 0 && ends[index].revents != 0 {
        let count = Glibc.read(ends[index].fd, &buffer, buffer.count)
        if count <= 0 {
          ends[index].fd = -1
        } else {
          let room = index == 0 ? count : complaintBytesMax - taken[1].count
          taken[index] += buffer[..<min(count, room)]
        }
      }
      if taken[0].count > limit { return (taken[0], taken[1], .tooMuch) }
    }
    return (taken[0], taken[1], nil)
  }
}

/// A file for a program to read, in a folder of its own that nobody else may look into.
enum TemporaryFile {
  /// What `read` makes of a file that holds `bytes` and whose name ends so; the file is gone then.
  ///
  /// - Throws: `IngestError.unreadable` where there is no room for it.
  static func holding<Value>(
    _ bytes: [UInt8], ending: String, _ read: (String) throws(IngestError) -> Value
  ) throws(IngestError) -> Value {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "quiver-upload-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "file\(ending)")
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      try Data(bytes).write(to: path)
    } catch {
      throw .unreadable("there is no room for it")
    }
    return try read(path.path())
  }
}
