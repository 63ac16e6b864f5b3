#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Figures of this process as the kernel reports them; zero where a platform does not tell.
package struct ProcessStatistics: Sendable {
  /// Pages in memory, those of mapped files among them.
  package var residentBytes = 0
  /// Private data, in memory or not yet touched.
  package var allocatedBytes = 0
  /// Private data in memory.
  package var activeBytes = 0
  /// All of the address space in use.
  package var retainedBytes = 0
  /// Threads that run.
  package var threads = 0
  /// Open file descriptors.
  package var openFiles = 0
  /// File descriptors that may be open.
  package var maxFiles = 0
  /// Memory mappings.
  package var mappings = 0
  /// Memory mappings that there may be.
  package var maxMappings = 0
  /// Page faults that needed no disk.
  package var minorFaults = 0
  /// Page faults that read from disk.
  package var majorFaults = 0
  /// The same of ended child processes.
  package var childMinorFaults = 0
  /// The same of ended child processes.
  package var childMajorFaults = 0

  /// Looks now.
  package static func collect() -> ProcessStatistics {
    var figures = ProcessStatistics()
    figures.readProc()
    return figures
  }

  private mutating func readProc() {
    #if os(Linux)
      for line in Self.text("/proc/self/status").split(separator: "\n") {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard words.count == 3, words[2] == "kB", let kibibytes = Int(words[1]) else { continue }
        switch words[0] {
        case "VmRSS:": residentBytes = kibibytes << 10
        case "RssAnon:": activeBytes = kibibytes << 10
        case "VmData:": allocatedBytes = kibibytes << 10
        case "VmSize:": retainedBytes = kibibytes << 10
        default: break
        }
      }
      let stat = Self.text("/proc/self/stat")
      // The command may hold spaces; the numbers start after its closing parenthesis.
      if let close = stat.lastIndex(of: ")") {
        let fields = stat[close...].split(separator: " ").map { Int($0) ?? 0 }
        if fields.count > 18 {
          minorFaults = fields[8]
          childMinorFaults = fields[9]
          majorFaults = fields[10]
          childMajorFaults = fields[11]
          threads = fields[18]
        }
      }
      mappings = Self.text("/proc/self/maps").utf8.count { $0 == UInt8(ascii: "\n") }
      let limit = Self.text("/proc/sys/vm/max_map_count").split(separator: "\n").first
      maxMappings = limit.flatMap { Int($0) } ?? 0
      openFiles = Self.entries("/proc/self/fd")
      var files = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
        maxFiles = Int(clamping: files.rlim_cur)
      }
    #endif
  }

  static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func entries(_ path: String) -> Int {
    guard let directory = opendir(path) else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // The directory lists itself, its parent and the handle it is read through.
    return max(0, count - 3)
  }
}
