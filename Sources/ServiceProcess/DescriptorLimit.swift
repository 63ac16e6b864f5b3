#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How many files and connections a process may have open.
public enum DescriptorLimit {
  /// More than a server of this kind has any use for.
  private static let wanted = 65_536

  /// Raises the limit as far as the system lets the process, and tells it.
  public static func raise() -> Int {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return wanted }
    let raised = min(limit.rlim_max, rlim_t(wanted))
    if limit.rlim_cur < raised {
      var new = limit
      new.rlim_cur = raised
      if setrlimit(resource, &new) == 0 { limit = new }
    }
    return Int(clamping: limit.rlim_cur)
  }
}
