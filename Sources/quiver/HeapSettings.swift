#if canImport(Glibc)
  import CMalloc
#endif

/// How the C library's heap gives memory back.
enum HeapSettings {
  /// Makes bursts of large requests leave little behind: large buffers get pages of their own,
  /// whatever was freed before, the heap's free end goes back to the system but for 8 MiB, and
  /// threads share two arenas instead of keeping eight a core. To be called before there are
  /// threads.
  ///
  /// With glibc's defaults 100,000 points of 384 dimensions loaded over HTTP left 75 MB behind.
  /// With a smaller end, or smaller buffers of their own, each large body has its pages made anew:
  /// a fifth of what a write of 1,000 points takes.
  static func apply() {
    #if canImport(Glibc)
      _ = mallopt(M_ARENA_MAX, 2)
      _ = mallopt(M_MMAP_THRESHOLD, 2 << 20)
      _ = mallopt(M_TRIM_THRESHOLD, 8 << 20)
    #endif
  }

  /// Gives free memory in the middle of the heap back to the system, when the heap has changed
  /// since the last time: the heap does so by itself only at its end. Takes milliseconds.
  ///
  /// - Parameter seen: the bytes that were free then.
  /// - Returns: the bytes that are free now.
  static func trim(after seen: Int) -> Int {
    #if canImport(Glibc)
      let free = Int(clamping: mallinfo2().fordblks)
      if abs(free - seen) < 256 << 10 { return seen }
      _ = malloc_trim(1 << 20)
      return Int(clamping: mallinfo2().fordblks)
    #else
      return seen
    #endif
  }
}
