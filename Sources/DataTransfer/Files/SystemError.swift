import Glibc

/// What the C library says went wrong last on this thread.
enum SystemError {
  static var text: String { String(cString: strerror(errno)) }
}
