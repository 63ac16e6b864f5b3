#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Messages to whoever started the process.
public enum StandardError {
  /// Whether somebody is watching.
  public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes a line.
  public static func say(_ line: String) { write(line + "\n") }

  /// Writes text as it is.
  public static func write(_ text: String) { write(Array(text.utf8)) }

  /// Writes bytes, in one call where the system takes them at once, so that lines of several
  /// threads do not mix.
  static func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}
