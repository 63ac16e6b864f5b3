#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What the process runs on.
package struct MachineDescription: Sendable {
  /// Whether it looks like a container.
  package let isContainer: Bool
  /// Processors that are there.
  package let cores: Int
  /// Memory of the machine, in kibibytes.
  package let memoryKibibytes: Int
  /// What of the processor's instructions matters to searches, by the names that the kernel uses.
  package let features: String

  /// What this process runs on; it does not change.
  package static let here = MachineDescription()

  private init() {
    isContainer = access("/.dockerenv", F_OK) == 0
    cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    memoryKibibytes =
      sysconf(Int32(_SC_PHYS_PAGES)) * (sysconf(Int32(_SC_PAGESIZE)) / 1024)
    let known = ["avx", "avx2", "f16c", "fma", "avx512f", "avx512vnni", "asimd", "sve"]
    // One line of each processor; they are all alike.
    let line = ProcessStatistics.text("/proc/cpuinfo").split(separator: "\n").first {
      $0.hasPrefix("flags") || $0.hasPrefix("Features")
    }
    let words = (line ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
    let flags = Set(words.map(String.init))
    features = known.filter { flags.contains($0) }.joined(separator: ",")
  }
}
